"""Doubtful lines of Chinese: what is clear stays, what is open becomes the character that stands there in words."""

import math

import numpy as np
import pytest

from services.ocr.core.language.beam import BLANK
from services.ocr.core.language.chinese import pairs
from services.ocr.core.language.chinese.lines import Chinese
from services.ocr.core.language.rows import Characters, Rows
from services.ocr.core.said import Judged, Text, said_again
from services.ocr.core.steps import Probabilities

ALPHABET = ("", *dict.fromkeys("电磁波长征正申尊王攘援夷点P位于圆内说話话华志琪既铁木本真盐监循坏环 0123456789.，雨雪"))
CLASSES = {sign: index for index, sign in enumerate(ALPHABET)}
READER = Chinese({index: sign for index, sign in enumerate(ALPHABET) if sign}, pairs.load())


def seen(text: str, *, open_at: dict[int, dict[str, float]] | None = None) -> Rows:
    """What a line says where a blank stands between its signs; open_at: by position, signs with their chances ("" the blank's)."""
    steps = np.full((2 * len(text), len(ALPHABET)), 1e-5, np.float32)
    steps[1::2, BLANK] = 0.998
    for place, sign in enumerate(text):
        for other, chance in ((open_at or {}).get(place, {sign: 0.998})).items():
            steps[2 * place, CLASSES[other] if other else BLANK] = chance
    return READER.rows(Probabilities(steps), 1.0)


def read(*views: Rows, page: tuple[str, ...] = ()) -> str:
    return "".join(sign for sign, _, _ in READER.of_page([(text, 0.99) for text in page]).best(views))


def of(text: str, unsure: float = 0.6) -> Characters:
    return [(sign, (i + 0.5) / len(text), unsure if i == 0 else 0.99) for i, sign in enumerate(text)]


def test_an_open_character_becomes_the_one_that_makes_a_word() -> None:
    assert read(seen("电磁波长", open_at={0: {"申": 0.6, "电": 0.3}})) == "电磁波长"
    assert read(seen("尊王援夷", open_at={2: {"援": 0.7, "攘": 0.2}})) == "尊王攘夷"


def test_a_character_that_makes_no_word_stays_where_it_is_clear() -> None:
    assert read(seen("长正")) == "长正"


def test_a_pupils_wrong_character_stays_where_no_other_has_a_chance() -> None:
    assert read(seen("长正", open_at={1: {"正": 0.85, "雨": 0.1}})) == "长正"


def test_names_are_no_words_and_stay() -> None:
    assert read(seen("华志琪", open_at={2: {"琪": 0.6, "既": 0.35}})) == "华志琪"


def test_figures_letters_and_signs_are_as_the_recogniser_saw_them() -> None:
    assert read(seen("点P位于圆内", open_at={1: {"P": 0.5, "": 0.49}})) == "点P位于圆内"
    assert read(seen("位于3圆内", open_at={2: {"3": 0.5, "8": 0.45}})) == "位于3圆内"


def test_nothing_that_was_seen_is_left_out() -> None:
    assert read(seen("雨电磁波", open_at={0: {"雨": 0.5, "": 0.48}})) == "雨电磁波"


def test_two_characters_do_not_become_one() -> None:
    lost = seen("电雨雪波长", open_at={1: {"雨": 0.5, "磁": 0.4}, 2: {"雪": 0.5, "": 0.48}})
    assert read(lost) == "电雨雪波长"


def test_a_pair_printed_on_the_page_is_likelier_there() -> None:
    line = seen("监雪", open_at={0: {"监": 0.6, "盐": 0.35}})
    assert read(line) == "监雪"
    assert read(line, page=("盐雪盐雪",)) == "盐雪"


def test_doubtful_readings_of_a_page_lend_no_pairs() -> None:
    line = seen("监雪", open_at={0: {"监": 0.6, "盐": 0.35}})
    lent = READER.of_page([("盐雪盐雪", 0.9)]).best([line])
    assert "".join(sign for sign, _, _ in lent) == "监雪"


def test_a_traditional_form_is_no_other_character() -> None:
    assert read(seen("说話", open_at={1: {"話": 0.6, "话": 0.39}})) == "说話"


def test_another_width_tells_only_where_its_figures_are_the_same() -> None:
    own = seen("循坏3", open_at={1: {"坏": 0.9}})
    assert read(own, seen("循环3")) == "循环3"
    assert read(own, seen("循环8")) == "循坏3"


def test_confidences_are_the_recognisers_own() -> None:
    found = READER.best([seen("尊王援夷", open_at={2: {"援": 0.7, "攘": 0.2}})])
    assert found[2][2] == pytest.approx(0.2, abs=1e-3)
    assert [x for _, x, _ in found] == sorted(x for _, x, _ in found)


@pytest.mark.parametrize(
    ("text", "is_one"), [("电磁波", True), ("长1", False), ("x = 3y 长征", False), ("雨", False), ("", False)]
)
def test_a_line_of_chinese_is_doubtful_where_one_of_its_characters_is(text: str, *, is_one: bool) -> None:
    assert READER.doubts(of(text)) is is_one
    assert not READER.doubts(of(text, unsure=0.95))


def test_common_pairs_are_likelier_and_shares_are_shares() -> None:
    chinese = pairs.load()
    for word, other in (("循环", "循坏"), ("电磁", "电滋"), ("分子", "少子")):
        assert chinese.log_share(word[0], word[1]) > chinese.log_share(other[0], other[1]) + 2
    assert chinese.are_of_a_word("循", "环")
    assert not chinese.are_of_a_word("", "环")
    shares = [math.exp(chinese.log_share("循", chr(code))) for code in range(0x4E00, 0x9FFF)]
    assert 0.5 < sum(shares) <= 1  # the rest is of rare pairs, which are left out


def text_of(said: str) -> Text:
    return Text(said, 0.9, tuple((i + 0.5) / len(said) for i in range(len(said))), (0.9,) * len(said))


def test_a_second_reading_tells_which_characters_are_others() -> None:
    assert said_again(text_of("尊王援夷"), text_of("尊王攘夷")).guessed == (2,)
    assert said_again(text_of("所维修"), text_of("所以维修")).guessed == (1,)
    assert said_again(text_of("a bb c"), text_of("a b c")).guessed == (2,)
    assert said_again(text_of("电磁波"), text_of("电磁波")).guessed == ()


def test_what_was_read_first_is_among_what_an_answer_may_be() -> None:
    judged = Judged(text_of("长正"), {}, ("长止",)).free_again(text_of("长征"))
    assert (judged.free.text, judged.free.guessed, judged.seconds) == ("长征", (1,), ("长正", "长止"))
    same = Judged(text_of("长正"), {}, ("长止",))
    assert same.free_again(text_of("长正")) == same

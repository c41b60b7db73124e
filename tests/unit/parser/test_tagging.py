"""Tags come from words, abstain without them, and are asked from the cache first."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.artefacts import AnswerKey, Header, KeyItem, KnowledgePoint, Paper, Question, Submission
from contracts.taxonomy import Point, taxonomy
from services.parser.core.tagging import difficulty, points_from, tag, tagged, with_points
from services.parser.stage import load_rules, points_of, tags

RULES = replace(load_rules(), classifiers={})


class Memory:
    """A cache in a dict that counts look-ups."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Any, float]] = {}

    async def get(self, key: str) -> Any | None:
        return self.kept[key][0] if key in self.kept else None

    async def set(self, key: str, value: Any, ttl: float) -> None:
        self.kept[key] = (value, ttl)


def parent_name(code: str) -> str:
    return next(point.name for point in taxonomy("english").points if point.code == code)


def question(text: str) -> Question:
    return Question(number="1", path=("1",), type="calculation", text=text)


def test_words_show_their_point_and_confidence_stays_a_share() -> None:
    found = tag(RULES, "math", "解一元一次方程 2x-5=9，写出移项的过程")
    assert found[0].name == "一元一次方程"
    assert all(0 < p.confidence < 1 for p in found)


def test_a_text_without_known_words_gets_no_point() -> None:
    assert tag(RULES, "math", "请看右图") == []
    assert tag(RULES, "no such subject", "方程") == []


@pytest.mark.parametrize(
    "text",
    [
        "设 x, y, z 为正数，下列命题正确的是",
        "一共有多少千克？用时间最少的是",
        "按照下面的周期依次排下去，每隔 3 厘米",
        "求这两个数的乘积",
    ],
)
def test_words_that_only_set_the_scene_show_no_point(text: str) -> None:
    assert tag(RULES, "math", text) == []


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("in", "on", "at", "for"), "介词与连词"),
        (("A", "an", "the", "/"), "名词与冠词"),
        (("which", "that", "who", "where"), "从句"),
        (("can", "must", "may", "needn't"), "情态动词"),
        (("Him", "his", "he", "himself."), "代词"),
        (("will be", "was", "is", "has been"), "动词时态"),
        (("apple", "banana", "that", "pear"), None),
        (("in",), None),
    ],
)
def test_english_choices_are_about_what_their_options_are(options: tuple[str, ...], name: str | None) -> None:
    text = "I think that she can do it in a week, but they must write to the teacher."
    found = [point.name for point in tag(RULES, "english", text, options)]
    assert found[:1] == ([name] if name else [])
    parts = {point.name for point in taxonomy("english").points if point.parent and parent_name(point.parent) == name}
    assert set(found[1:]) <= parts


def test_latin_words_are_whole_ones_but_in_formulas() -> None:
    assert tag(RULES, "ict", "the script and the chips") == []
    assert tag(RULES, "ict", "一个 IP 地址")[0].name == "网络与安全"
    assert "指数与对数" in [point.name for point in tag(RULES, "math", "求 lnx 的值")]


def test_every_subject_has_points_with_unique_codes() -> None:
    codes = [p.code for points in RULES.by_subject.values() for p in points]
    assert len(codes) == len(set(codes))
    assert set(RULES.by_subject) >= {"math", "physics", "chemistry", "english", "chinese"}


def test_later_questions_are_taken_for_harder_and_difficulty_stays_a_share() -> None:
    first, last = difficulty(question("x"), 0.0), difficulty(question("x"), 1.0)
    assert 0 < first < last < 1


def test_a_prior_that_knows_little_stays_within_one_level_of_the_banks_mean() -> None:
    kinds = ("single_choice", "multiple_choice", "true_false", "fill_blank", "short_answer", "calculation", "essay")
    guesses = [
        difficulty(question("x").model_copy(update={"type": k}), p) for k in (*kinds, "composite") for p in (0, 1)
    ]
    assert all(0.2 <= g < 0.6 for g in guesses)


def test_every_question_of_a_paper_is_tagged_and_rated_and_nothing_else_changes() -> None:
    paper = Paper(header=Header(title="单元检测"), questions=(question("二次函数的顶点坐标"), question("请看右图")))
    made = tagged(paper, "math", RULES)
    assert [bool(q.knowledge_points) for q in made.questions] == [True, False]
    assert [q.difficulty for q in made.questions] == [difficulty(q, i) for i, q in enumerate(paper.questions)]
    unset = {"knowledge_points": (), "difficulty": None}
    assert made.model_copy(update={"questions": tuple(q.model_copy(update=unset) for q in made.questions)}) == paper


def test_a_paper_without_questions_stays_as_it_is() -> None:
    assert tagged(Paper(header=Header()), "math", RULES) == Paper(header=Header())


def test_points_for_another_number_of_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        with_points(Paper(header=Header(), questions=(question("x"),)), [])


async def test_tags_are_kept_for_seven_days_and_asked_first() -> None:
    cache = Memory()
    one = question("二次函数的顶点坐标")
    made = await tags(cache, 604800, RULES, "math", one)
    (key, (value, ttl)) = next(iter(cache.kept.items()))
    assert key.startswith("knowledge_points:math:")
    assert ttl == 604800
    cache.kept[key] = ([KnowledgePoint(code="x", name="from the cache", confidence=1).model_dump()], ttl)
    assert [p.name for p in await tags(cache, 604800, RULES, "math", one)] == ["from the cache"]
    assert value == [p.model_dump() for p in made]


async def test_what_another_version_cached_is_tagged_again() -> None:
    cache = Memory()
    one = question("二次函数的顶点坐标")
    await tags(cache, 60, RULES, "math", one)
    key = next(iter(cache.kept))
    cache.kept[key] = ([{"unknown": 1}], 60)
    assert (await tags(cache, 60, RULES, "math", one))[0].name == "二次函数"


async def test_another_edition_of_the_rules_does_not_read_what_this_one_cached() -> None:
    cache = Memory()
    one = question("二次函数的顶点坐标")
    await tags(cache, 60, RULES, "math", one)
    await tags(cache, 60, replace(RULES, edition="next"), "math", one)
    assert len(cache.kept) == 2


async def test_a_schools_own_points_stand_beside_those_that_ship_and_give_way_to_the_key() -> None:
    asked = (question("用描点法画二次函数的图象"),)
    own = (Point(code="given.描点法", name="描点法作图", aliases=("描点法",)),)
    plain = Submission(subject="math", grade=9, files=())
    school = plain.model_copy(update={"points": own})
    key = AnswerKey(questions=(KeyItem(number="1", knowledge_points=("对称轴",)),))
    keyed = school.model_copy(update={"answer_key": key})

    async def codes(submission: Submission) -> set[str]:
        return {point.code for point in (await points_of(Memory(), 60, RULES, submission, asked))[0]}

    assert await codes(school) == await codes(plain) | {"given.描点法"}
    assert await codes(keyed) == {"given.对称轴"}


def test_what_shows_a_part_shows_its_topic_and_more_surely() -> None:
    found = tag(RULES, "physics", "以地面为参照物，坐在行驶的汽车里的乘客是运动的")
    assert [point.name for point in found[:2]] == ["机械运动", "参照物与运动的相对性"]
    assert found[0].confidence > found[1].confidence


def test_the_part_whose_words_stand_is_meant_not_another_of_its_topic() -> None:
    measured = tag(RULES, "physics", "用分度值为1mm的刻度尺测量长度，读数要估读到分度值的下一位")
    assert measured[1].name == "刻度尺的使用"
    assert all(point.topic == "physics.01" for point in RULES.by_subject["physics"] if point.name == measured[1].name)


def test_a_passage_shows_no_grammar_however_many_of_its_words_stand_in_it() -> None:
    sentence = "Yesterday he must have been running because he was tired and could not speak. "
    assert tag(RULES, "english", sentence)
    assert tag(RULES, "english", sentence * 6) == []


def test_every_point_with_words_is_one_of_the_taxonomys_and_every_part_has_words() -> None:
    for subject, points in RULES.by_subject.items():
        known = {point.code: point for point in taxonomy(subject).points}
        assert {point.code for point in points} <= set(known)
        parts = {code for code, point in known.items() if point.parent is not None}
        assert parts <= {point.code for point in points}
        assert len({point.name for point in known.values()}) == len(known)


def test_words_of_a_point_that_the_taxonomy_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"physics has no points \['physics\.99'\]"):
        points_from(taxonomy("physics"), [{"code": "physics.99", "words": ["力"]}])

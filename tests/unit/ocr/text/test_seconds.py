"""What a free reading may be instead, from the probabilities of its steps."""

import numpy as np

from services.ocr.core.seconds import LONGEST, seconds
from services.ocr.core.steps import Probabilities

ALPHABET = ("", *"少分子公1745I")


def told(*steps: dict[str, float]) -> tuple[str, ...]:
    """Seconds of steps given by the shares of their signs; what is left is the blank's."""
    values = np.zeros((len(steps), len(ALPHABET)), np.float32)
    for row, shares in zip(values, steps, strict=True):
        for sign, share in shares.items():
            row[ALPHABET.index(sign)] = share
        row[0] += 1 - row.sum()
    return seconds(Probabilities(values), ALPHABET, lambda sign: "1" if sign == "I" else sign)


def test_every_doubtful_sign_is_its_next_likeliest_one_and_sure_ones_stay() -> None:
    assert told({"少": 0.6, "分": 0.3, "公": 0.05}, {}, {"子": 1.0}) == ("分子", "公子")


def test_a_sign_is_looked_at_where_it_is_surest() -> None:
    assert told({"少": 0.5, "公": 0.4}, {"少": 0.9, "分": 0.08}) == ("分",)


def test_a_sure_reading_has_no_seconds() -> None:
    assert told({"少": 0.995, "分": 0.004}, {}, {"子": 1.0}) == ()
    assert told({}, {}) == ()


def test_a_digit_is_another_only_where_that_has_a_fair_chance() -> None:
    assert told({"1": 0.93, "7": 0.05}) == ()
    assert told({"1": 0.8, "7": 0.15}) == ("7",)
    assert told({"1": 0.93, "子": 0.05}) == ("子",)


def test_classes_that_look_alike_are_one_sign() -> None:
    assert told({"1": 0.6, "I": 0.39}) == ()


def test_a_reading_that_is_no_short_answer_has_none() -> None:
    steps = [step for _ in range(LONGEST + 1) for step in ({"少": 0.6, "分": 0.3}, {})]
    assert told(*steps) == ()
    assert told(*steps[2:]) == ("分" * LONGEST,)

"""The checker beside 1,000 answers as pupils give them, under the keys that schools give: see docs/grading.md."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from contracts.equality import Match, compare

PAIRS = [json.loads(line) for line in Path(__file__).with_name("pairs.jsonl").read_text(encoding="utf8").splitlines()]


def judged(answer: str, key: str) -> str:
    found = compare(answer, key)
    return found.value if found.sure else "unsure"


def test_nearly_every_pair_is_judged_as_a_teacher_would():
    missed = [(p["key"], p["answer"]) for p in PAIRS if judged(p["answer"], p["key"]) != p["expected"]]
    assert len(missed) <= 0.03 * len(PAIRS), missed


def test_no_wrong_answer_is_ever_accepted():
    accepted = [
        (p["key"], p["answer"]) for p in PAIRS if p["expected"] == "different" and compare(p["answer"], p["key"]).right
    ]
    assert not accepted


def test_what_a_teacher_must_decide_is_never_taken_as_sure():
    taken = [
        (p["key"], p["answer"])
        for p in PAIRS
        if p["expected"] == "unsure" and compare(p["answer"], p["key"]) is Match.SAME
    ]
    assert not taken


def test_the_pairs_are_many_and_two_in_five_are_near_misses():
    kinds = Counter(p["expected"] for p in PAIRS)
    assert len({(p["key"], p["answer"]) for p in PAIRS}) == len(PAIRS) >= 400
    assert kinds["different"] >= 0.4 * len(PAIRS)


def test_a_pair_takes_well_under_a_millisecond_of_cpu():
    started = time.process_time()
    for p in PAIRS:
        compare(p["answer"], p["key"])
    assert (time.process_time() - started) / len(PAIRS) < 0.003  # 0.3 ms unloaded: room for a busy machine


@pytest.mark.parametrize("spelt", ["full width", "spaced"])
def test_full_width_signs_and_spaces_around_change_no_verdict(spelt):
    wide = str.maketrans("(),;=+<>", "（），；＝＋＜＞")
    for p in PAIRS:
        answer = (
            p["answer"].translate(wide) if spelt == "full width" and "\\" not in p["answer"] else f" {p['answer']} "
        )
        assert compare(answer, p["key"]) is compare(p["answer"], p["key"]), (p["key"], answer)

"""What the accuracy page says of measured figures, and which pictures may stand beside it."""

from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from bench import accuracy_goals as goals
from bench.accuracy import Case
from bench.calibration import Sample
from bench.curves import LEAST, Kind, Measured, by_subject, gap, handwriting, review, verdicts
from bench.failures import MOST, Failure, caption, chosen, free, sheet
from bench.reading_costs import Costs, Row, costs

COSTS = """<!-- costs -->
| page | RapidOCR as shipped | ours, text alone | ratio | ours, all | ratio |
| --- | ---: | ---: | ---: | ---: | ---: |
| paper.jpg | 1.33 | 0.63 | 0.47 | 1.16 | 0.87 |
| paper/dense | 2.20 | 1.46 | 0.66 | 2.15 | 0.98 |
| mean | 1.76 | 1.04 | 0.56 | 1.27 | 0.92 |

A paper of 8 pages like the sample: 12.2 CPU s in one worker, whose memory peaks at 728 MB and is 625 MB after it. By the clock 11.3 s with one worker, 5.7 s with two: 2.00 times as fast.
<!-- end of costs -->"""


def summarise(cases: list[tuple[Counter[str], list[Any]]]) -> dict[str, Any]:
    total = sum((counts for counts, _ in cases), Counter[str]())
    if not total["asked"]:
        return {"metrics": {}}
    share = total["right"] / total["asked"]
    return {"metrics": {"share": {"value": share, "low": 0.0, "high": 1.0, "n": total["asked"]}}}


def measured(*cases: goals.Scored, **more: Any) -> goals.Measured:
    return goals.Measured(cases, summarise, costs(COSTS), **more)


def case(
    name: str, right: int, asked: int, *, synthetic: bool = False, choices: tuple[int, int] = (0, 0)
) -> goals.Scored:
    return goals.Scored(name, synthetic, Counter(right=right, asked=asked), choices)


def failure(name: str, read: str | None = "B", confidence: float = 0.5, *, reviewed: bool = True) -> Failure:
    return Failure(Case("paper", name, Path()), (1, (40.0, 40.0, 60.0, 50.0)), "A", read, confidence, reviewed)


def test_a_goal_is_judged_on_its_own_cases_and_says_how_many_they_were() -> None:
    found = measured(case("paper/a", 9, 10, synthetic=True), case("paper/b", 0, 10))
    assert goals.least("share", 0.9, goals.synthetic)(found) == ("0.900 (0.000–1.000), n 10", True)
    assert not goals.least("share", 0.9, goals.real)(found)[1]
    assert goals.most("share", 0.0, goals.real)(found)[1]


def test_a_goal_whose_cases_are_not_there_is_not_called_met() -> None:
    rows = goals.table(measured(case("paper/a", 0, 0)))
    assert len(rows) == 2 + len(goals.GOALS)
    assert sum(row.endswith("| not measured | – |") for row in rows) > 10


def test_a_figure_below_the_naive_floor_is_named_in_the_direction_of_its_metric() -> None:
    found = measured(case("lines/a", 2, 10), floor={"share": {"lines": 0.1, "essay": 0.0}}, lower=frozenset({"share"}))
    assert goals.above_floor(found) == ("lines, share: 0.200, the floor 0.100", False)
    better = measured(case("lines/a", 2, 10), floor={"share": {"lines": 0.1}})
    assert goals.above_floor(better) == ("above or level in all 1 figures", True)


def test_choices_are_counted_by_path_before_number_for_sections_count_anew() -> None:
    truth = {"questions": [{"number": "1", "path": ["二", "1"], "type": "single_choice", "verdict": "wrong"}]}
    result = {
        "questions": [
            {"number": "1", "path": [part, "1"], "verdict": v} for part, v in (("一", "correct"), ("二", "wrong"))
        ]
    }
    assert goals.choices(truth, result, frozenset({"single_choice"})) == (1, 1)
    assert goals.choices(truth, {"questions": []}, frozenset({"single_choice"})) == (1, 0)
    assert goals.keyed_choices(measured(case("answer_card/a", 1, 1, choices=(200, 198)))) == ("0.990, n 200", True)
    assert not goals.keyed_choices(measured(case("answer_card/a", 1, 1, choices=(200, 197))))[1]


def test_costs_are_read_back_from_the_page_as_they_were_written() -> None:
    assert costs(COSTS) == Costs(
        (Row("paper.jpg", 0.47, 1.16), Row("paper/dense", 0.66, 2.15)), Row("mean", 0.56, 1.27), 5.7, 2.0, 728
    )
    with pytest.raises(ValueError, match="no part"):
        costs("a page without them")
    with pytest.raises(ValueError, match="no costs"):
        costs("<!-- costs -->\n<!-- end of costs -->")


def test_the_dearest_page_decides_whether_pages_are_cheap_enough() -> None:
    assert goals.page_cost(measured()) == ("1.27 s in the mean, 2.15 s at most (paper/dense)", False)
    assert [judge(measured())[1] for judge in (goals.of_rapidocr, goals.eight_pages, goals.memory)] == [
        False,
        True,
        True,
    ]


def kind(**more: Any) -> Kind:
    arrays = {
        "right": [True, True, False, False],
        "confirmed": [False, True, False, False],
        "held": [False, False, True, False],
        "confidence": [0.96, 0.3, 0.99, 0.5],
    } | more
    return Kind(5, **{name: np.array(values) for name, values in arrays.items()})


def test_what_stays_without_review_is_what_is_sure_or_confirmed_and_not_held() -> None:
    assert kind().at(0.95) == (0.4, 1.0)
    assert kind().at(0.5) == (0.6, pytest.approx(2 / 3))
    assert kind().at(1.01) == (0.2, 1.0)  # the key's confirmation is enough from .2 on
    assert kind(confidence=[0.1, 0.1, 0.1, 0.1]).at(0.95) == (0.0, 1.0)
    assert [share for share, _ in kind().curve()] == sorted({share for share, _ in kind().curve()})


def test_curves_are_pictures_with_a_panel_for_each_kind() -> None:
    root = ET.fromstring(review({"paper": kind(), "a <card>": kind()}))
    assert len(root.findall(".//{*}polyline")) == 2
    assert "a <card> (5 answers)" in {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}


def test_bars_tell_wrong_verdicts_by_kind_and_handwriting_of_real_cases_alone() -> None:
    counts = {"verdict_n": 10.0, "confusion:wrong>correct": 2.0, "confusion:correct>correct": 8.0}
    drawn = verdicts(
        {"paper/a": counts, "paper/b": counts, "lines/c": {"verdict_n": 1.0, "confusion:blank>blank": 1.0}}
    )
    assert "paper: 4 of 20 verdicts are others" in drawn
    assert "wrong, called correct" in drawn
    assert "lines" not in drawn
    written = {"handwritten_errors": 1.0, "handwritten_chars": 4.0}
    bars = handwriting({"lines/a": written, "paper/syn-1": written, "paper/b": {}})
    assert "lines/a" in bars
    assert "syn-1" not in bars


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("Apache-2.0; MIT", True),
        ("Apache-2.0; research only", False),
        ("CC-BY-SA-3.0", False),
        ("AGPL-3.0 repository: evaluation only", False),
        ("", False),
    ],
)
def test_a_case_is_shown_only_when_all_it_is_made_of_may_be(licence: str, *, may: bool) -> None:
    assert free(licence) is may


def test_what_nobody_would_have_seen_comes_first_then_each_case_before_its_second() -> None:
    found = [failure("a", confidence=0.9), failure("a", confidence=0.8), failure("b", confidence=0.1)]
    missed = failure("c", confidence=0.3, reviewed=False)
    assert [each.case.name for each in chosen([*found, missed])] == ["c", "a", "b", "a"]
    assert len(chosen(found * MOST)) == MOST


def test_captions_tell_a_blank_from_what_could_not_be_read() -> None:
    assert caption(failure("a", read="")) == ("is: A", "read: (blank)  (0.50)")
    assert caption(failure("a", read=None))[1] == "not read"
    assert caption(failure("a", read="x" * 99))[1] == f"read: {'x' * 29}…  (0.50)"


def test_a_sheet_has_a_crop_for_each_also_at_the_edge_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    Image.new("RGB", (100, 80), "black").save(tmp_path / "paper" / "a-1.jpg")
    drawn = sheet([failure("a")] * 4, tmp_path)
    assert drawn.height > 2 * 90
    dark = np.asarray(drawn.convert("L")) < 40
    assert dark[:, : drawn.width // 3].any()
    assert dark[:, drawn.width // 3 : 2 * drawn.width // 3].any()


def sample(subject: str, *, right: bool) -> Sample:
    return Sample("p", "paper", ("1",), subject, "fill_blank", "line", 0.9, doubt=False, confirmed=False, right=right)


def test_a_subject_and_type_has_a_row_from_enough_answers_on_with_what_its_confidences_are_worth() -> None:
    math = [sample("math", right=at >= 4) for at in range(20)]
    few = [sample("physics", right=True)] * (LEAST - 1)
    sure = np.array([0.5] * 4 + [1.0] * (16 + len(few)))
    found = Measured(Counter(), [*math, *few], np.zeros(len(sure), bool), sure)
    assert by_subject(found)[2:] == ["| math | fill_blank | 20 | 0.800 | 0.900 | 0.100 | 0.800 | 1.000 |"]


def test_the_calibration_error_weighs_the_gap_of_each_bin_by_its_answers() -> None:
    assert gap(np.array([0.95, 0.95, 0.15]), np.array([True, False, False])) == pytest.approx((2 * 0.45 + 0.15) / 3)

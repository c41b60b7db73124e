"""What the performance page says of measured figures, and that it says it in its place."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench.figures import bars, put, quantile
from bench.pipeline_overhead import page as overhead
from bench.pipeline_overhead.measure import Measured
from tests.load import report
from tests.load.watch import slope

PAGE = "# Page\n<!-- goals -->\nold\n<!-- /goals -->\n<!-- load -->\n<!-- /load -->\n<!-- pipeline_overhead -->\n<!-- /pipeline_overhead -->\nend\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "performance.md"
    path.write_text(PAGE)
    return path


def measured(system: str, throughput: float, alone: float, cpu: float, **fate: Any) -> Measured:
    return Measured(system, system, "noop", [alone], [2 * alone], throughput, cpu, 0.01, {"ocr": cpu}, **fate)


def phase(name: str, rate: float | None, seconds: float, **more: Any) -> report.Phase:
    stages = [{"stage": "ocr", "queue_seconds": 0.1, "work_seconds": 1.0}]
    ended = f"2026-01-01T00:00:{seconds:06.3f}+00:00"
    visit = {"status": "COMPLETED", "created_at": "2026-01-01T00:00:00+00:00", "completed_at": ended, "stages": stages}
    visit["cost"] = {"cpu_seconds": seconds}
    kept = {"name": name, "rate": rate, "pages": 1, "visits": [visit], "errors": [], "refused": 0, "in_flight": 0}
    return kept | {"accept": [0.02], "status": [0.004], "result": [0.01]} | more


def loaded(*phases: report.Phase) -> report.Found:
    cpu = {"ocr": 9.0, "gateway": 0.6, "postgres": 0.4, "students": 1.0}
    memory = {"ocr": [(0.0, 100.0), (30.0, 100.0), (60.0, 101.0), (90.0, 102.0)]}
    found = {"phases": [*phases, phase(report.AT_REST, None, 1)], "cpu": cpu, "memory": memory, "restarts": {}}
    return found | {"hits": [["status", "local", 3.0]], "misses": [["status", "local", 1.0]], "seconds": 90.0}


def test_text_comes_between_its_markers_and_nowhere_else(page: Path) -> None:
    put(page, "goals", "new")
    put(page, "goals", "newer")
    assert page.read_text() == PAGE.replace("old", "\nnewer\n")
    with pytest.raises(ValueError, match="no place"):
        put(page, "elsewhere", "text")


def test_a_picture_is_well_formed_whatever_its_labels_are() -> None:
    drawn = ET.fromstring(bars([("a < b", "{:.0f}", [("Redink & co", 2.0), ("none", 0.0)])]))
    widths = [float(bar.attrib["width"]) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths == [360.0, 1.0]


def test_goals_are_judged_by_the_figures_and_what_was_not_run_is_said(page: Path) -> None:
    rows = [measured("kafka", 30, 0.1, 0.03), measured("embedded", 20, 0.2, 0.03), measured("celery", 10, 0.1, 0.02)]
    overhead.write(page, rows)
    text = page.read_text()
    assert "40 ms on Apache Kafka, 40 ms on the embedded broker | yes" in text
    assert "100 ms on Apache Kafka, 200 ms on the embedded broker | **no**" in text
    assert "3.00× on Apache Kafka, 2.00× on the embedded broker | **no**" in text
    assert "| … and with one exam at a time | 1.00× on Apache Kafka, 2.00× on the embedded broker | **no** |" in text
    assert "| status from cache ≤ 5 ms p50 | not measured | – |" in text
    assert "| two ocr processes ≥ 1.8× one on two cores | not measured | – |" in text
    report.write(page, loaded(phase("alone, pages 1", None, 1.2), phase("10 at once", None, 5)))
    assert "| status from cache ≤ 5 ms p50 | 4.0 ms | yes |" in page.read_text()
    assert "| 90% in ocr's processes, preparation of pictures included | yes |" in page.read_text()


def test_cost_by_pages_is_judged_without_the_first_paper_after_the_start_which_is_told_beside_it(page: Path) -> None:
    first, two, four = (
        phase(report.FIRST, None, 12, pages=4),
        phase("alone, 2", None, 4.2, pages=2),
        phase("alone, 4", None, 8, pages=4),
    )
    report.write(page, loaded(first, two, four))
    text = page.read_text()
    assert "CPU s a page, by pages of the paper: 2.10 (2), 2.00 (4) | yes |" in text
    assert "| 4, first after the start | 12.00 | 3.00 |" in text


def test_a_table_tells_finished_held_and_lost_apart() -> None:
    row = measured("celery", 10, 0.1, 0.02, accepted=80, held=3, lost=2, recovery=4.0)
    assert "| 75 of 80 | 3 | 2 | 4.0 s |" in overhead.tables([row])


def test_the_knee_is_the_last_rate_before_the_median_doubles() -> None:
    ramp = [phase(f"{rate:g} a second", rate, seconds) for rate, seconds in ((0.3, 2), (0.5, 3), (0.7, 9), (0.9, 3))]
    assert report.knee(ramp) == 0.5
    assert report.knee([]) is None
    assert "0.5 exams a second" in report.tables(loaded(*ramp))


def test_an_exam_that_did_not_complete_and_a_process_that_died_make_a_load_fail() -> None:
    broken = loaded(phase("10 at once", None, 5, errors=["RuntimeError: 500"]))
    broken["phases"][0]["visits"][0]["status"] = "EXPIRED"
    broken["restarts"] = {"ocr": 1}
    assert report.failures(loaded(phase("10 at once", None, 5))) == []
    assert len(report.failures(broken)) == 3


def test_quantiles_are_values_that_were_seen_and_a_slope_is_per_minute() -> None:
    assert [quantile([3.0, 1.0, 2.0, 4.0], share) for share in (0.5, 0.95)] == [2.0, 4.0]
    assert slope([(0, 10), (30, 11), (60, 12)]) == pytest.approx(2.0)
    assert slope([]) == 0.0

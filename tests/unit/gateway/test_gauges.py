"""Exams in flight as gauges."""

from contracts.status import TERMINAL, Status
from services.gateway.gauges import STAGE_OF, snapshot


def row(status: str, priority: str, n: int, age: float, still: float) -> dict[str, object]:
    return {"status": status, "priority": priority, "n": n, "age": age, "still": still}


def test_every_status_in_flight_belongs_to_a_stage() -> None:
    assert set(STAGE_OF) == {status.value for status in set(Status) - TERMINAL}


def test_an_exam_waits_for_the_stage_after_the_one_that_ended() -> None:
    assert [STAGE_OF[s] for s in ("UPLOADED", "OCR_PROCESSING", "OCR_COMPLETED", "REPORT_GENERATED")] == [
        "ocr",
        "ocr",
        "parser",
        "report",
    ]


def test_rows_fold_by_class_and_by_stage() -> None:
    seen = snapshot(
        [
            row("UPLOADED", "interactive", 2, 30.0, 30.0),
            row("OCR_PROCESSING", "batch", 3, 400.0, 1.0),
            row("PARSING", "batch", 1, 500.0, 20.0),
        ]
    )
    assert seen.count == {"interactive": 2, "batch": 4}
    assert seen.age == {"interactive": 30.0, "batch": 500.0}
    assert seen.at_stage == {"ocr": 5, "parser": 1}
    assert seen.still == {"ocr": 30.0, "parser": 20.0}

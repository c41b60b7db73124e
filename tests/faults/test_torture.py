"""The short torture run: everything at once for a minute, then no exam lost, none reported twice."""

import json
import os
from pathlib import Path
from typing import cast

import pytest

from deploy.native.stack import BrokerKind
from tests.faults.light_pool import Upload, paper, read
from tests.faults.points import rules
from tests.faults.torture import Plan, repeated, table, torture


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # clients of ours, cut while they connect
async def test_no_exam_is_lost_and_none_reported_twice_under_faults_of_every_kind(tmp_path: Path) -> None:
    broker = cast("BrokerKind", os.environ.get("REDINK_TEST_BROKER", "tansu"))
    report = await torture(Plan(broker, exams=100, minutes=1.0, seed=7), tmp_path)
    assert report["ok"], table(report) + json.dumps(report["stuck"], indent=1)
    assert report["faults"]["kinds"] >= 25, "of about a hundred: a busy machine finds less time for them"
    assert report["uploads"]["ok"] >= 30


def test_crash_points_are_armed_with_a_probability_or_a_number() -> None:
    assert rules("ocr.kafka.sink.after:0.02, gateway.*#3") == (("ocr.kafka.sink.after", 0.02, 0), ("gateway.*", 0.0, 3))
    with pytest.raises(ValueError, match="neither"):
        rules("ocr.kafka.sink.after")


def test_an_execution_counts_as_repeated_when_its_stage_was_done_before() -> None:
    once = {"what": "done", "exam": "a", "revision": 1, "stage": "ocr"}
    begun = once | {"what": "begun"}
    said = repeated([begun, begun, once, begun, once, begun, once | {"stage": "parser"}])
    assert said == {"begun": 4, "done": 3, "again": 1, "rate": 0.5}


def test_an_upload_says_the_same_after_it_was_read() -> None:
    upload = Upload("abc123", 3, "hang@parser")
    assert read(paper(upload, 2000)) == upload
    assert upload.verb("parser") == "hang"
    assert upload.verb("ocr") == ""

"""The analyzer's shell: earlier artefacts in, an `Analysis` with its cost out."""

from types import SimpleNamespace

import pytest
from analyzer_build import key, paper, question, reading, spot, submission

from contracts.artefacts import Paper, Reading
from services.analyzer.settings import AnalyzerSettings
from services.analyzer.stage import open_stage, work


class FakeJob:
    cpu_seconds = 0.5

    def __init__(self, *, cancelled: bool = False) -> None:
        self.cancelled = cancelled

    async def submission(self):
        return submission(key("1", "B", 3))

    async def artefact(self, model):
        return {Reading: reading(spots=[spot("B", {"B": 0.99})]), Paper: paper(question("single_choice", spots=[0]))}[
            model
        ]

    def check(self) -> None:
        if self.cancelled:
            raise RuntimeError("cancelled")


async def test_the_stage_grades_from_stored_artefacts_and_says_what_it_cost() -> None:
    got = await work(FakeJob())  # type: ignore[arg-type]
    assert (got.answers[0].student_answer, got.earned) == ("B", 3.0)
    assert got.cpu_seconds >= 0.5


async def test_a_cancelled_exam_is_not_graded() -> None:
    with pytest.raises(RuntimeError, match="cancelled"):
        await work(FakeJob(cancelled=True))  # type: ignore[arg-type]


async def test_the_stage_carries_its_row_and_concurrency_from_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("REDINK_ANALYZER_CONCURRENCY", "3")
    async with open_stage(SimpleNamespace()) as stage:  # type: ignore[arg-type]
        assert (stage.row.name, stage.concurrency) == ("analyzer", 3)


def test_an_impossible_concurrency_is_refused_at_start(monkeypatch) -> None:
    monkeypatch.setenv("REDINK_ANALYZER_CONCURRENCY", "0")
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        AnalyzerSettings()

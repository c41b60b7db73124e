"""The shell of diagnostic: artefacts in, diagnosis out."""

from types import SimpleNamespace

from contracts.artefacts import Analysis, Paper
from services.diagnostic.stage import work
from tests.unit.diagnostic.test_background import ROWS, past
from tests.unit.diagnostic.test_diagnose import SUBMISSION, exam


async def diagnosed(submission):
    paper, analysis = exam(*ROWS)
    stored = {Paper: paper, Analysis: analysis}

    async def told():
        return submission

    async def artefact(model):
        return stored[model]

    return await work(SimpleNamespace(submission=told, artefact=artefact, cpu_seconds=0.0))


async def test_the_stage_hears_what_the_submission_says_of_earlier_exams():
    alone = (await diagnosed(SUBMISSION)).mastery[0]
    known = (await diagnosed(SUBMISSION.model_copy(update={"background": past(1.0)}))).mastery[0]
    assert known.mastery > alone.mastery
    assert (alone.earlier, known.earlier) == (None, 1.0)


async def test_the_stage_writes_in_the_language_of_the_exam():
    assert "Q1" in (await diagnosed(SUBMISSION.model_copy(update={"locale": "en"}))).summary
    assert "第1" in (await diagnosed(SUBMISSION)).summary

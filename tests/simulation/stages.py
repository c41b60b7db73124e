"""Work that costs nothing and tells on itself: every artefact carries the story of the exam so far.

A story is the marker found in the uploaded bytes, and a random word per stage. Two runs of a stage tell different
stories, so an exam that was forked, mixed up or doubled shows it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.artefacts.paper import Header
from contracts.base import Contract
from contracts.errors import ErrorCode, Permanent, Transient
from runtime.job import Job

Story = tuple[str, ...]


class ToldReading(Reading):
    story: Story


class ToldPaper(Paper):
    story: Story


class ToldAnalysis(Analysis):
    story: Story


class ToldDiagnosis(Diagnosis):
    story: Story


class ToldReport(Report):
    story: Story


@dataclass(frozen=True)
class Fate:
    """What the work does to an exam: at `stage`, `kind` happens on the first `times` attempts."""

    kind: str = "none"
    stage: str = ""
    times: int = 0


Perform = Callable[[Job, Fate], Awaitable[None]]


def story_of(artefact: bytes) -> Story:
    """The story in a stored artefact."""
    return tuple(json.loads(artefact)["story"])


async def told_so_far(name: str, job: Job) -> Story:
    """What the stage before this one stored, by the reference in the event; for ocr, what was uploaded."""
    if name == "ocr":
        submission = await job.submission()
        return ((await job.blob(submission.files[0].blob)).decode(),)
    return story_of(await job.blob(job.event.artefact))  # type: ignore[attr-defined]


def told(name: str, job: Job, story: Story) -> Contract:
    """The artefact of a stage."""
    if name == "ocr":
        return ToldReading(pages=(), engine="simulated", story=story)
    if name == "parser":
        return ToldPaper(header=Header(), story=story)
    if name == "analyzer":
        return ToldAnalysis(story=story)
    if name == "diagnostic":
        return ToldDiagnosis(story=story)
    ref: Any = job.event.artefact  # type: ignore[attr-defined]
    return ToldReport(result=ref, html=ref, pdf=ref, story=story)


async def suffer(name: str, job: Job, fate: Fate, crash: Callable[[], None]) -> None:
    """What fate has in store for this attempt."""
    if fate.stage != name or job.attempt > fate.times:
        return
    match fate.kind:
        case "permanent":
            raise Permanent(ErrorCode.NO_QUESTION_FOUND)
        case "transient":
            raise Transient("busy")
        case "broken":
            raise ValueError
        case "poison":
            crash()
            await asyncio.get_running_loop().create_future()

"""The shell of parser: a `Reading` in, a `Paper` out; tags of known questions come from Redis."""

import hashlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from contracts.artefacts import KnowledgePoint, Paper, Question, Reading, Submission
from contracts.taxonomy import taxonomy
from runtime.cache import Cache
from runtime.job import Job
from runtime.kit import Kit
from runtime.pool import Pool
from runtime.stage import Stage
from services.parser.core import parse
from services.parser.core.classifier import Classifier
from services.parser.core.given import with_facilities, with_given
from services.parser.core.own import OwnPoints, with_own
from services.parser.core.tagging import Rules, points_from, tag, with_points, words_of
from services.parser.settings import ParserSettings

KNOWLEDGE = Path(__file__).parent / "knowledge"
CLASSIFIED = ("math",)
"""Subjects with a trained `knowledge/<subject>.npz`."""


@asynccontextmanager
async def open_stage(kit: Kit) -> AsyncIterator[Stage]:
    """Yield the stage."""
    settings = ParserSettings()
    rules = load_rules()

    async def work(job: Job) -> Paper:
        submission = await job.submission()
        reading = await job.artefact(Reading)
        paper = await job.cpu(parse, submission, reading, timeout=settings.time_limit)
        begun = time.thread_time()
        paper = with_points(paper, await points_of(kit.cache, settings.tag_ttl, rules, submission, paper.questions))
        paper = with_facilities(submission.answer_key, paper)
        spent = job.cpu_seconds + time.thread_time() - begun
        return paper.model_copy(update={"cpu_seconds": round(spent, 4)})

    yield Stage("parser", work, pool=Pool(workers=1), concurrency=settings.concurrency)


def load_rules() -> Rules:
    """The keyword rules and classifiers that ship with the service. Raises OSError or ValueError when damaged."""
    classifiers = {}
    for subject in CLASSIFIED:
        with np.load(KNOWLEDGE / f"{subject}.npz", allow_pickle=False) as arrays:
            classifiers[subject] = Classifier.of(dict(arrays))
    by_subject, seen = {}, hashlib.sha256()
    for path in sorted((KNOWLEDGE / "words").glob("*.json")):
        known = taxonomy(path.stem)
        by_subject[path.stem] = points_from(known, json.loads(path.read_text(encoding="utf-8")))
        seen.update(path.read_bytes() + known.model_dump_json().encode())
    for path in sorted(KNOWLEDGE.glob("*.npz")):
        seen.update(path.read_bytes())
    return Rules(by_subject, classifiers, edition=seen.hexdigest())


async def points_of(
    cache: Cache, ttl: float, rules: Rules, submission: Submission, questions: Sequence[Question]
) -> list[Sequence[KnowledgePoint]]:
    """One sequence a question: what the key names, else what the text shows of the points that ship and of the school's."""
    found: list[Sequence[KnowledgePoint]] = [
        await tags(cache, ttl, rules, submission.subject, question) for question in questions
    ]
    known = rules.by_subject.get(submission.subject, ())
    if submission.points:
        shipped = {point.name for point in taxonomy(submission.subject).points} | {point.name for point in known}
        own = OwnPoints.of(submission.points, shipped)
        found = [with_own(each, own.found(words_of(q))) for each, q in zip(found, questions, strict=True)]
    return with_given(submission.answer_key, questions, found, known)


async def tags(cache: Cache, ttl: float, rules: Rules, subject: str, question: Question) -> tuple[KnowledgePoint, ...]:
    """A question's knowledge points, from `knowledge_points:{subject}:{hash}` when this text was tagged before.

    The hash is of the text and of the edition of rules and models.
    """
    text = words_of(question)
    digest = hashlib.sha256(f"{rules.edition} {text}".encode()).hexdigest()
    key = f"knowledge_points:{subject}:{digest}"
    known = await cache.get(key)
    if known is not None:
        try:
            return tuple(KnowledgePoint.model_validate(p) for p in known)
        except (ValidationError, TypeError):
            known = None  # another version wrote it: tag again and overwrite
    points = tuple(tag(rules, subject, text, question.options.values()))
    await cache.set(key, [p.model_dump() for p in points], ttl)
    return points

"""From a request for practice to its paper: what is known, what is needed, which items."""

import asyncio
from dataclasses import dataclass

from contracts.artefacts.submission import Subject
from contracts.names import Language
from services.gateway import exams
from services.gateway.api import reports
from services.gateway.api.context import Gateway, uuid_of
from services.gateway.api.practice_views import NewPractice
from services.gateway.api.practice_writing import Lack, written_for
from services.gateway.core.problems import Code, Problem
from services.gateway.practice import items, papers
from services.gateway.practice.bank import starter
from services.gateway.practice.core.choose import TARGETS, Wish, choose
from services.gateway.practice.core.item import Item
from services.gateway.practice.core.paper import About, Practice, arrange, title_of
from services.gateway.practice.core.plan import Need, Share, needs_of, shares
from services.gateway.practice.core.points import Points, UnknownPoint, codes_of, points_in
from services.gateway.practice.items import Fitting
from services.gateway.practice.known import NOTHING, Entry, Known, known_of, of_student
from services.gateway.practice.papers import Asked, Paper

_NOTHING_KNOWN = (
    "Nothing is known of it yet: no question of a recorded exam asked a knowledge point of this subject. Name what to"
    " practise in 'points'."
)


@dataclass(frozen=True)
class _Source:
    """Whom a paper is for, and what is known of them."""

    subject: Subject
    grade: int | None
    student_id: str | None
    known: Known
    points: Points
    language: Language = "zh"


async def made(gateway: Gateway, tenant: str, wanted: NewPractice, asked: Asked) -> Paper:
    """A new paper, stored with its template; Problem."""
    source = await _source(gateway, tenant, wanted)
    plan = shares(await _needs(gateway, tenant, wanted, source), wanted.count)
    used = frozenset[str]() if wanted.repeat else await papers.used_by(gateway.pool, tenant, source.student_id)
    bank = await _bank(gateway, tenant, wanted, source, plan)
    used |= {item.group for item in bank if item.id in used}  # records name items alone
    found, wrote = bank, None
    if wanted.written:
        wish = _wish(wanted, source, used)
        found, wrote = await written_for(
            gateway, tenant, Lack(source.subject, bank, plan, source.points, wish, wanted.written)
        )
    practice = await asyncio.to_thread(_composed, found, plan, wanted, source, used)
    practice = practice.model_copy(update={"written": wrote and wrote.of(practice)})
    if not practice.questions:
        points = [point.model_dump() for point in practice.points]
        told = practice.written and practice.written.model_dump(mode="json", by_alias=True)
        raise Problem(Code.PRACTICE_WITHOUT_ITEMS, points=points, written=told)
    kept = await papers.keep(gateway.pool, tenant, practice, asked, gateway.printer.settings.max_papers)
    kept = kept or await papers.repeated(gateway.pool, tenant, asked)
    if kept is None:  # what another request made under the key is deleted already
        raise Problem(Code.IDEMPOTENCY_IN_FLIGHT, headers={"Retry-After": "2"})
    return kept


async def _source(gateway: Gateway, tenant: str, wanted: NewPractice) -> _Source:
    if wanted.exam_id is not None:
        return await _of_exam(gateway, tenant, wanted, wanted.exam_id)
    assert wanted.subject is not None
    known, points = NOTHING, points_in(await gateway.library.taxonomy_of(tenant, wanted.subject))
    if wanted.student_id is not None:
        known = await of_student(gateway.pool, tenant, wanted.student_id, points)
    return _Source(wanted.subject, wanted.grade, wanted.student_id, known, points)


async def _of_exam(gateway: Gateway, tenant: str, wanted: NewPractice, exam_id: str) -> _Source:
    known_id = uuid_of(exam_id)
    exam = await exams.find(gateway.pool, tenant, known_id) if known_id else None
    if exam is None:
        raise Problem(Code.EXAM_NOT_FOUND)
    result = await reports.document(gateway, exam)
    entries = [
        Entry(told["code"], told["name"], told["mastery"], told.get("sufficient", True))
        for told in result["diagnosis"]["mastery"]
    ]
    subject: Subject = result["subject"]
    points = points_in(await gateway.library.taxonomy_of(tenant, subject))
    known = known_of(entries, points, [str(exam.exam_id)])
    student = wanted.student_id or exam.student_id or None
    language: Language = "en" if exam.locale.startswith("en") else "zh"
    return _Source(subject, wanted.grade or exam.grade, student, known, points, language)


async def _needs(gateway: Gateway, tenant: str, wanted: NewPractice, source: _Source) -> list[Need]:
    """Problem(PRACTICE_WITHOUT_POINTS | VALIDATION_FAILED)."""
    points = source.points
    rules = await gateway.library.rules_of(tenant, source.subject)
    mastery = source.known.mastery
    if wanted.points:
        before = rules.strong_from if wanted.prerequisites else None
        return needs_of(_codes(wanted.points, points), "asked", mastery, points, before=before)
    weak = source.known.weak(rules.weak_below)
    if not weak:
        told = [{"code": code, "name": points.name(code), "mastery": value} for code, value in mastery.items()]
        raise Problem(Code.PRACTICE_WITHOUT_POINTS, None if told else _NOTHING_KNOWN, mastery=told)
    before = None if wanted.prerequisites is False else rules.strong_from
    return needs_of(weak, "weak", mastery, points, before=before)


def _codes(names: list[str], points: Points) -> list[str]:
    for place, name in enumerate(names):
        try:
            points.code(name)
        except UnknownPoint as unknown:
            errors = [{"pointer": f"/points/{place}", "detail": str(unknown)}]
            raise Problem(Code.VALIDATION_FAILED, errors=errors) from unknown
    return codes_of(points, names)


async def _bank(gateway: Gateway, tenant: str, wanted: NewPractice, source: _Source, plan: list[Share]) -> list[Item]:
    needed = [share.need.code for share in plan]
    codes = list(dict.fromkeys([*needed, *(part for code in needed for part in source.points.own_parts(code))]))
    found: list[Item] = []
    if "own" in wanted.banks:
        most = gateway.printer.settings.items_per_point
        fits = Fitting(source.subject, codes, source.grade, most)
        found += await items.fitting(gateway.pool, tenant, fits)
    if "starter" in wanted.banks:
        found += [item for item in starter().values() if item.subject == source.subject]
    return found


def _wish(wanted: NewPractice, source: _Source, used: frozenset[str]) -> Wish:
    return Wish(
        target=TARGETS[wanted.level] if wanted.target is None else wanted.target,
        seed=wanted.seed,
        grade=source.grade,
        types=frozenset(wanted.types) or None,
        language=None if source.subject == "english" else wanted.language or source.language,
        used=used,
    )


def _composed(
    bank: list[Item], plan: list[Share], wanted: NewPractice, source: _Source, used: frozenset[str]
) -> Practice:
    points, wish = source.points, _wish(wanted, source, used)
    language = wanted.language or source.language
    title = wanted.title or title_of(source.subject, source.grade, wanted.level, language)
    about = About(
        title=title.strip(),
        subject=source.subject,
        grade=source.grade,
        language=language,
        student_id=source.student_id,
        exam_ids=[] if wanted.points else list(source.known.exam_ids),
        level=wanted.level,
        target=wish.target,
        seed=wanted.seed,
    )
    shown = points_in(points.known.called(language))
    return arrange(about, choose(bank, plan, points, wish), shown)

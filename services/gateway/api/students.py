"""GET /students/{student_id}/mastery; DELETE /students/{student_id}."""

import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from starlette.convertors import StringConvertor, register_url_convertor

from contracts.status import TERMINAL
from services.gateway.api.context import InCaller, InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.views import View
from services.gateway.core.form import subject_name
from services.gateway.core.problems import Code, Problem
from services.gateway.records import students
from services.gateway.records.mastery import Basis, Occasion, Point, points_of

router = APIRouter(prefix="/students", tags=["students"])


class _StudentId(StringConvertor):
    """Slashes and all: schools name students as `7/2/15`, and those must be found and deleted, too."""

    regex = "(?:(?!/mastery$).)+"


register_url_convertor("student", _StudentId())

_MOST = 500
_TREND = 12
_EXAMPLE: dict[str, Any] = {
    "student_id": "s-1024",
    "points": [
        {
            "subject": "math", "code": "math.topic.有理数与实数", "name": "有理数与实数", "mastery": 0.62, "low": 0.41,
            "high": 0.8, "sufficient": True, "basis": "exam", "change": 0.11,
            "trend": [
                {"taken_at": "2026-06-30T00:00:00Z", "exam_id": None, "share": 0.5, "questions": 4.0,
                 "mastery": None, "low": None, "high": None, "sufficient": None},
                {"taken_at": "2026-11-22T03:14:15.926Z", "exam_id": "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d", "share": 0.7,
                 "questions": 5.0, "mastery": 0.62, "low": 0.41, "high": 0.8, "sufficient": True},
            ],
        }
    ],
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
InStudent = Annotated[str, Path(description="As uploads and imports named the student.", examples=["s-1024"])]


class OccasionView(View):
    """A point in one exam, or in imported records of one paper."""

    taken_at: datetime
    exam_id: str | None = Field(description="null: imported records.")
    share: float | None = Field(description="Of the points on it that were earned; null: none was graded.")
    questions: float = Field(description="How much evidence it is, in questions of three points.")
    mastery: float | None = Field(description="What the exam's diagnosis said, with all that was known then.")
    low: float | None
    high: float | None
    sufficient: bool | None


class PointView(View):
    """Where the student stands on a knowledge point."""

    subject: str
    code: str
    name: str
    mastery: float = Field(description="Share of the points to be expected on a usual question.")
    low: float = Field(description="With `high`: 90 % credible interval.")
    high: float
    sufficient: bool = Field(description="false: 证据不足, too little was asked to judge.")
    basis: Basis = Field(description="`exam`: as the last exam's diagnosis says. `records`: from imported records.")
    change: float | None = Field(description="Of the mastery since the exam before the last; null: there is none.")
    trend: list[OccasionView] = Field(description=f"What stands behind it: the last {_TREND}, oldest first.")


class StudentView(View):
    """A student's knowledge points by subject, the surest weak ones first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    student_id: str
    points: list[PointView] = Field(description=f"At most {_MOST}.")


class StudentDeleted(View):
    """That a student was deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"student_id": "s-1024", "exams": 7, "responses": 210}]})

    student_id: str
    exams: int = Field(description="Exams deleted, each with a receipt: `DELETE /exams/{exam_id}` says it again.")
    responses: int = Field(description="Imported records deleted.")


@router.get(
    "/{student_id:student}/mastery",
    summary="Where a student stands",
    responses=problems(Code.STUDENT_NOT_FOUND, Code.VALIDATION_FAILED),
)
async def get_mastery(
    gateway: InGateway,
    tenant: InTenant,
    student_id: InStudent,
    *,
    subject: Annotated[str | None, Query(max_length=32, description="Only this.", examples=["math"])] = None,
) -> StudentView:
    """Mastery of each knowledge point over the student's exams and imported records, with what stands behind it.

    An exam is in it some seconds after its end.
    """
    student = _plain(student_id)
    if not await students.known(gateway.pool, tenant, student):
        raise Problem(Code.STUDENT_NOT_FOUND)
    wanted = None if subject is None else _CONTROL.sub("", subject_name(subject))
    points = points_of(await students.seen(gateway.pool, tenant, student, wanted))
    return StudentView(student_id=student, points=[_point(point) for point in points[:_MOST]])


@router.delete(
    "/{student_id:student}",
    summary="Delete a student for good",
    responses=problems(Code.STUDENT_NOT_FOUND, Code.EXAM_IN_FLIGHT),
)
async def delete_student(gateway: InGateway, caller: InCaller, student_id: InStudent) -> StudentDeleted:
    """All exams with their files, results and reports, as `DELETE /exams/{exam_id}` does; and imported records.

    What is repeated after a crash goes on where it was.
    """
    student = _plain(student_id)
    if not await students.known(gateway.pool, caller.tenant, student):
        raise Problem(Code.STUDENT_NOT_FOUND)
    found = await students.exams(gateway.pool, caller.tenant, student)
    if flying := [row["exam_id"] for row in found if row["status"] not in TERMINAL]:
        detail = f"{len(flying)} exams have not ended, such as {flying[0]}: cancel them or wait, then delete again."
        raise Problem(Code.EXAM_IN_FLIGHT, detail)
    for row in found:
        await gateway.tenancy.eraser.delete(caller.tenant, row["exam_id"], "request", caller.key_id)
    gone = await students.forget(gateway.pool, caller.tenant, student)
    return StudentDeleted(student_id=student, exams=len(found), responses=gone)


def _plain(student_id: str) -> str:
    """An id that no upload can have had is nobody's."""
    if not student_id.strip() or _CONTROL.search(student_id):
        raise Problem(Code.STUDENT_NOT_FOUND)
    return student_id.strip()


def _point(point: Point) -> PointView:
    said = [each.said.mastery for each in point.occasions if each.said is not None]
    change = round(said[-1] - said[-2], 4) if point.basis == "exam" and len(said) > 1 else None
    return PointView(
        subject=point.subject,
        code=point.code,
        name=point.name,
        mastery=point.now.mastery,
        low=point.now.low,
        high=point.now.high,
        sufficient=point.now.sufficient,
        basis=point.basis,
        change=change,
        trend=[_occasion(each) for each in point.occasions[-_TREND:]],
    )


def _occasion(each: Occasion) -> OccasionView:
    said = each.said
    return OccasionView(
        taken_at=each.taken_at,
        exam_id=str(each.exam_id) if each.exam_id else None,
        share=each.share,
        questions=each.questions,
        mastery=said.mastery if said else None,
        low=said.low if said else None,
        high=said.high if said else None,
        sufficient=said.sufficient if said else None,
    )

"""What the gateway stores of an upload."""

from typing import Literal

from pydantic import Field

from contracts.artefacts.correction import Correction
from contracts.artefacts.diagnosis import Background
from contracts.artefacts.essay import EssayTask
from contracts.artefacts.paper import QuestionType
from contracts.base import Contract, Share
from contracts.events import BlobRef
from contracts.taxonomy import Point

Origin = Literal["model"]
Subject = Literal[
    "math", "physics", "chemistry", "biology", "history", "geography", "politics", "english", "chinese", "science", "ict"
]  # fmt: skip

MediaType = Literal[
    "image/jpeg", "image/png", "image/webp", "image/heic", "image/tiff", "application/pdf", "application/zip"
]  # fmt: skip


class UploadedFile(Contract):
    """One part of the upload, in page order. The client's file name is not kept: it may name a pupil."""

    blob: BlobRef
    media_type: MediaType


class RubricItem(Contract):
    """One criterion of 评分标准 and the points it is worth."""

    criterion: str = Field(min_length=1, max_length=500)
    points: float = Field(gt=0, le=10_000)


class KeyItem(Contract):
    """One entry of an answer key. A list answers blank by blank, or sub-question by sub-question.

    `accepted`: whole answers that are as right as `answer`, blanks joined by `|`. `partial_score`: points of a multiple
    choice that names some of the right letters and no wrong one. `knowledge_points`: names, which the stages' own
    tagging gives way to. `rubric`: criteria by which worked solutions, short answers and essays are graded; their
    points add up to `max_score`. `facility`: the share of the points that is usually earned. `origin`: who wrote the question, where it was no person.
    """

    number: str = Field(max_length=40)
    path: tuple[str, ...] | None = None
    type: QuestionType | None = None
    answer: str | tuple[str, ...] | None = None
    max_score: float | None = Field(default=None, ge=0, le=10_000)
    accepted: tuple[str, ...] = ()
    partial_score: float | None = Field(default=None, ge=0, le=10_000)
    knowledge_points: tuple[str, ...] = ()
    rubric: tuple[RubricItem, ...] = ()
    facility: Share | None = None
    origin: Origin | None = None


class AnswerKey(Contract):
    """标准答案: what the school gave."""

    questions: tuple[KeyItem, ...] = ()


class TemplateRef(Contract):
    """The template an exam was accepted with. Its key is copied into the submission, so that replays are stable.

    `version` 0: as an upload asks for it, before the template was looked up.
    """

    id: str
    version: int = Field(default=0, ge=0)


class SubjectRules(Contract):
    """What a school has settled for a subject, as it was when the exam was accepted.

    `partial_choice`: share of the points for a multiple choice that names some of the right letters and no wrong one.
    A knowledge point is weak when its mastery is under `weak_below`, and a strength from `strong_from` on.
    """

    partial_choice: Share = 0.5
    weak_below: Share = 0.6
    strong_from: Share = 0.8


class Submission(Contract):
    """An accepted upload: the form's fields and references to its files; later, what teachers corrected.

    `essay`: instead of files, an essay that came as text. `points`: the school's own knowledge points and links of the
    subject, as they were when the exam was accepted; they go beside the taxonomy that ships.
    """

    subject: Subject
    grade: int = Field(ge=1, le=12)
    student_id: str = ""
    title: str | None = None
    class_id: str | None = None
    locale: str = "zh-CN"
    files: tuple[UploadedFile, ...]
    answer_key: AnswerKey | None = None
    corrections: tuple[Correction, ...] = ()
    template: TemplateRef | None = None
    rules: SubjectRules = SubjectRules()
    background: Background = Background()
    essay: EssayTask | None = None
    points: tuple[Point, ...] = ()

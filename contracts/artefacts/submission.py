"""What the gateway stores of an upload."""

from typing import Literal

from pydantic import Field

from contracts.artefacts.paper import QuestionType
from contracts.base import Contract
from contracts.events import BlobRef

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


class KeyItem(Contract):
    """One entry of an answer key. A list answers blank by blank, or sub-question by sub-question."""

    number: str = Field(max_length=40)
    path: tuple[str, ...] | None = None
    type: QuestionType | None = None
    answer: str | tuple[str, ...] | None = None
    max_score: float | None = Field(default=None, ge=0, le=10_000)


class AnswerKey(Contract):
    """标准答案: what the school gave."""

    questions: tuple[KeyItem, ...] = ()


class Submission(Contract):
    """An accepted upload: the form's fields and references to its files."""

    subject: Subject
    grade: int = Field(ge=1, le=12)
    student_id: str = ""
    title: str | None = None
    class_id: str | None = None
    locale: str = "zh-CN"
    files: tuple[UploadedFile, ...]
    answer_key: AnswerKey | None = None

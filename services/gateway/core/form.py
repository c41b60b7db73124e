"""The upload's form fields, validated."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from contracts.artefacts import AnswerKey, EssayTask, SubjectRules, Submission, TemplateRef, UploadedFile
from contracts.artefacts.diagnosis import Background
from contracts.artefacts.submission import Subject
from contracts.events import Priority
from contracts.taxonomy import Point
from services.gateway.core.answer_key import KeyErrors, parse_answer_key
from services.gateway.core.problems import Code, Problem

SUBJECTS = get_args(Subject)
_SUBJECT_NAMES: dict[str, str] = {
    "数学": "math", "物理": "physics", "化学": "chemistry", "生物": "biology", "历史": "history", "地理": "geography",
    "政治": "politics", "道德与法治": "politics", "英语": "english", "语文": "chinese", "科学": "science", "信息技术": "ict",
}  # fmt: skip
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TEXT_LIMITS = {"student_id": 128, "title": 300, "class_id": 128, "callback_url": 2048, "template_id": 64}
KNOWN = frozenset({"subject", "grade", "answer_key", "priority", "locale", *_TEXT_LIMITS})


@dataclass(frozen=True)
class Filling:
    """What a template gives an upload."""

    ref: TemplateRef
    answer_key: AnswerKey
    title: str | None


@dataclass(frozen=True)
class Form:
    """The fields of one upload, as asked for. `ignored` names fields we don't know, so that a typo is not silent.

    `filling`, `rules`, `background` and `points` are looked up before the upload is accepted; they are no part of what the client asked.
    """

    subject: Subject
    grade: int
    student_id: str
    title: str | None
    class_id: str | None
    locale: str
    priority: Priority
    answer_key: AnswerKey | None
    ignored: tuple[str, ...]
    callback_url: str | None = None
    template_id: str | None = None
    filling: Filling | None = None
    rules: SubjectRules | None = None
    background: Background | None = None
    essay: EssayTask | None = None
    points: tuple[Point, ...] = ()

    @classmethod
    def stored(cls, submission: Submission, priority: Priority, callback_url: str | None = None) -> "Form":
        """What the row of an exam needs of its form, from the submission that was made of it."""
        ref, key = submission.template, submission.answer_key
        return cls(
            subject=submission.subject,
            grade=submission.grade,
            student_id=submission.student_id,
            title=submission.title,
            class_id=submission.class_id,
            locale=submission.locale,
            priority=priority,
            answer_key=key,
            ignored=(),
            callback_url=callback_url,
            filling=Filling(ref, key, None) if ref and key else None,
            rules=submission.rules,
        )

    @property
    def exam_title(self) -> str | None:
        """The title given, or else the template's."""
        return self.title or (self.filling.title if self.filling else None)

    @property
    def template(self) -> TemplateRef | None:
        """The template, with its version when it was looked up."""
        if self.filling is not None:
            return self.filling.ref
        return TemplateRef(id=self.template_id) if self.template_id else None

    def asked(self, files: Sequence[UploadedFile]) -> Submission:
        """What the client asked for, whatever its template says by now: the same request is the same submission."""
        return replace(self, filling=None, rules=None, background=None, points=()).submission(files)

    def submission(self, files: Sequence[UploadedFile]) -> Submission:
        """The gateway's artefact."""
        return Submission(
            subject=self.subject,
            grade=self.grade,
            student_id=self.student_id,
            title=self.exam_title,
            class_id=self.class_id,
            locale=self.locale,
            files=tuple(files),
            answer_key=self.filling.answer_key if self.filling else self.answer_key,
            template=self.template,
            rules=self.rules or SubjectRules(),
            background=self.background or Background(),
            essay=self.essay,
            points=self.points,
        )


class _Errors(list[dict[str, str]]):
    def say(self, pointer: str, detail: str) -> None:
        self.append({"pointer": pointer, "detail": detail})


def parse_form(fields: Mapping[str, str]) -> Form:
    """Validate the text fields of an upload; Problem(VALIDATION_FAILED) names every field that is wrong."""
    errors = _Errors()
    form = Form(
        subject=_subject(fields.get("subject", ""), errors),
        grade=_grade(fields.get("grade", ""), errors),
        student_id=_text(fields, "student_id", errors) or "",
        title=_text(fields, "title", errors),
        class_id=_text(fields, "class_id", errors),
        locale=_locale(fields.get("locale", ""), errors),
        priority=_priority(fields.get("priority", ""), errors),
        answer_key=_answer_key(fields.get("answer_key", ""), errors),
        ignored=tuple(sorted(name[:64] for name in fields.keys() - KNOWN)),
        callback_url=_text(fields, "callback_url", errors),
        template_id=_text(fields, "template_id", errors),
    )
    if form.template_id and form.answer_key:
        errors.say("/answer_key", "is given beside template_id, which brings its own: send one of the two")
    if errors:
        raise Problem(Code.VALIDATION_FAILED, errors=list(errors))
    return form


def subject_name(text: str) -> str:
    """The contract's name of a subject that may be given in Chinese; unknown ones come back as they are."""
    return _SUBJECT_NAMES.get(text.strip(), text.strip().lower())


def named_subject(text: str | None) -> str | None:
    """The same of a filter, where None is any."""
    return None if text is None else subject_name(text)


def _subject(value: str, errors: _Errors) -> Subject:
    name = subject_name(value)
    if name not in SUBJECTS:
        errors.say("/subject", f"is required: one of {', '.join(SUBJECTS)}")
    return cast("Subject", name)


def _grade(value: str, errors: _Errors) -> int:
    text = value.strip()
    grade = int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else 0
    if not 1 <= grade <= 12:
        errors.say("/grade", "is required: a whole number from 1 to 12")
    return grade


def _text(fields: Mapping[str, str], name: str, errors: _Errors) -> str | None:
    value = fields.get(name, "").strip()
    if len(value) > _TEXT_LIMITS[name]:
        errors.say(f"/{name}", f"must have at most {_TEXT_LIMITS[name]} characters")
    if _CONTROL.search(value):
        errors.say(f"/{name}", "must not contain control characters")
    return value or None


def _locale(value: str, errors: _Errors) -> str:
    locale = value.strip() or "zh-CN"
    if len(locale) > 35 or not _LOCALE.fullmatch(locale):
        errors.say("/locale", "must be a language tag such as zh-CN or en")
    return locale


def _priority(value: str, errors: _Errors) -> Priority:
    priority = value.strip().lower() or "interactive"
    if priority not in get_args(Priority):
        errors.say("/priority", "must be interactive or batch")
    return cast("Priority", priority)


def _answer_key(value: str, errors: _Errors) -> AnswerKey | None:
    if not value.strip() or value.strip() == "null":
        return None
    try:
        return parse_answer_key(value)
    except KeyErrors as wrong:
        for pointer, detail in wrong.errors:
            errors.say(f"/answer_key{pointer}", detail)
        return None

"""Requests as values: what both clients send, and when it may be sent again. No network here."""

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from redink.essays import Essay

API = "/api/v1"
Report = Literal["html", "pdf"]
ClassReport = Literal["html", "pdf", "json"]
Disclosure = Literal["band", "score", "none"]
File = str | os.PathLike[str] | tuple[str, bytes]
"""A path, or a name with bytes."""


class Form(Protocol):
    """What is sent as a form: text fields and files, as httpx takes them; asked for again for every attempt."""

    def fields(self) -> dict[str, str]:
        """The text fields."""
        ...

    def parts(self) -> list[tuple[str, tuple[str, Any]]]:
        """The files."""
        ...


@dataclass(frozen=True)
class Paper:
    """One student's paper: its pages in order, and what is known of it."""

    files: Sequence[File]
    subject: str
    grade: int
    answer_key: Mapping[str, Any] | None = None
    student_id: str | None = None
    class_id: str | None = None
    title: str | None = None
    priority: str | None = None
    locale: str | None = None
    template_id: str | None = None
    callback_url: str | None = None

    def fields(self) -> dict[str, str]:
        """The form's text fields."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "files"}
        key = given.pop("answer_key")
        said = {name: str(value) for name, value in given.items() if value is not None}
        return said | ({} if key is None else {"answer_key": json.dumps(key, ensure_ascii=False)})

    def parts(self) -> list[tuple[str, tuple[str, Any]]]:
        """The form's files, read. Names stay here: a pupil may be named in one, only the suffix is sent."""
        return [("files", _part(number, file)) for number, file in enumerate(self.files, 1)]


@dataclass(frozen=True)
class Call:
    """One request, which may be sent again: it changes nothing, or has an Idempotency-Key."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Form | None = None
    body: Any = None

    def arguments(self) -> dict[str, Any]:
        """For httpx's `build_request`."""
        given: dict[str, Any] = {"method": self.method, "url": f"{API}{self.path}", "headers": dict(self.headers)}
        if self.params:
            given["params"] = dict(self.params)
        if self.form is not None:
            given |= {"data": self.form.fields(), "files": self.form.parts()}
        if self.body is not None:
            given["json"] = self.body
        return given


def submit(paper: Paper, key: str | None = None) -> Call:
    """Upload; under `key`, or one made up now."""
    return Call("POST", "/exams", headers={"Idempotency-Key": key or uuid.uuid4().hex}, form=paper)


def submit_essay(essay: Essay, key: str | None = None) -> Call:
    """Send an essay; under `key`, or one made up now."""
    return Call("POST", "/essays", headers={"Idempotency-Key": key or uuid.uuid4().hex}, body=essay.body())


def exam(exam_id: str) -> Call:
    """One exam."""
    return Call("GET", _exam(exam_id))


def status(exam_id: str) -> Call:
    """Its status, with times per stage."""
    return Call("GET", f"{_exam(exam_id)}/status")


def exams(cursor: str | None, filters: Mapping[str, str]) -> Call:
    """A page of the list."""
    return Call("GET", "/exams", params={**filters, **({"cursor": cursor} if cursor else {})})


def result(exam_id: str) -> Call:
    """The result document."""
    return Call("GET", f"{_exam(exam_id)}/result")


def report(exam_id: str, kind: Report) -> Call:
    """The report as a file."""
    return Call("GET", f"{_exam(exam_id)}/report.{kind}")


def cancel(exam_id: str) -> Call:
    """Withdraw it."""
    return Call("POST", f"{_exam(exam_id)}/cancel")


def retry(exam_id: str, stage: str | None) -> Call:
    """Under a key of its own: however often it is sent, it begins one revision."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return Call("POST", f"{_exam(exam_id)}/retry", headers=key, body={} if stage is None else {"from": stage})


def events(exam_id: str, after: str | None) -> Call:
    """Its changes, from after the event `after`."""
    return _stream(f"{_exam(exam_id)}/events", after)


def submit_batch(papers: Form, key: str | None) -> Call:
    """Upload many papers; under `key`, or one made up now."""
    return Call("POST", "/batches", headers={"Idempotency-Key": key or uuid.uuid4().hex}, form=papers)


def batch(batch_id: str) -> Call:
    """One batch."""
    return Call("GET", _batch(batch_id))


def batch_papers(batch_id: str, cursor: str | None) -> Call:
    """A page of what became of its papers."""
    return Call("GET", f"{_batch(batch_id)}/exams", params={"limit": "100", **({"cursor": cursor} if cursor else {})})


def batch_events(batch_id: str, after: str | None) -> Call:
    """Its states, from another one on than `after` names."""
    return _stream(f"{_batch(batch_id)}/events", after)


def cancel_batch(batch_id: str) -> Call:
    """Withdraw all of it that has not ended."""
    return Call("POST", f"{_batch(batch_id)}/cancel")


def class_report(batch_id: str, kind: ClassReport, disclosure: Disclosure | None) -> Call:
    """The report on the class as a file."""
    suffix = "" if kind == "json" else f".{kind}"
    return Call(
        "GET", f"{_batch(batch_id)}/class-report{suffix}", params={"disclosure": disclosure} if disclosure else {}
    )


def _exam(exam_id: str) -> str:
    return f"/exams/{_segment(exam_id)}"


def _batch(batch_id: str) -> str:
    return f"/batches/{_segment(batch_id)}"


def _segment(given: str) -> str:
    """An id as one segment of a path, whatever is in it: `../batches` must not lead elsewhere, where the key opens more."""
    return quote(given, safe="").replace(".", "%2E")


def _stream(path: str, after: str | None) -> Call:
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
    return Call("GET", path, headers=headers)


def _part(number: int, file: File) -> tuple[str, bytes]:
    name, content = file if isinstance(file, tuple) else (os.fspath(file), Path(file).read_bytes())
    return f"page-{number}{Path(name).suffix.lower()}", content

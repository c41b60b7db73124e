"""What commands print while an exam is worked on, and when it has completed."""

# ruff: noqa: T201 - a command prints

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from redink.blocking import Redink
from redink.calls import Report
from redink.models import Exam
from redink.progress import Bar


def follow(redink: Redink, exam_id: str) -> Exam:
    """To its end, with a bar. Raises Ended."""
    with Bar(sys.stderr) as bar:
        return redink.wait(exam_id, seen=bar.show)


def show(redink: Redink, exam_id: str, out: Path | None) -> None:
    """The score on one line, what was found in an essay on those below, and the reports into the folder."""
    result = redink.result(exam_id)
    score = result["score"]
    earned = "no score" if score["earned"] is None else f"{score['earned']:g} of {score['max'] or 0:g}"
    print(f"{exam_id}  {earned}, {score['needs_review']} to review")
    for question in result.get("questions", ()):
        for line in _said(question.get("essay") or {}):
            print(f"  {line}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for kind in get_args(Report):
            (out / f"{exam_id}.{kind}").write_bytes(redink.report(exam_id, kind))


def _said(essay: Mapping[str, Any]) -> Iterator[str]:
    for mistake in essay.get("mistakes", ()):
        better = mistake["correction"]
        arrow = "" if better is None else f" → {_plain(better) or '(left out)'}"
        why = f"  {mistake['explanation']}" if mistake["explanation"] else ""
        yield f"{mistake['start']}: {_plain(mistake['quote'])}{arrow}{why}"
    for suggestion in essay.get("suggestions", ()):
        yield f"* {suggestion['text']}"


def _plain(text: str) -> str:
    """As it is, unless a terminal would not show it."""
    return text if text.isprintable() and text == text.strip() else json.dumps(text, ensure_ascii=False)

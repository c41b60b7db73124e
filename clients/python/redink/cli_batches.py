"""`redink batch` and `redink class-report`: many papers at once."""

# ruff: noqa: T201 - a command prints

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from redink.batches import Papers
from redink.blocking import Redink
from redink.calls import ClassReport, Disclosure, Report
from redink.errors import ProblemError
from redink.files import json_in, kind_of
from redink.models import Outcome
from redink.progress import Bar

_FIELDS = ("name", "class_id", "title", "locale", "template_id", "callback_url", "priority")


def add_batch(add: argparse.ArgumentParser) -> None:
    """The arguments of `redink batch`."""
    add.set_defaults(run=_batch)
    add.add_argument(
        "source", type=Path, metavar="FOLDER|ZIP", help="a file in it is a paper, a folder the pages of one"
    )
    add.add_argument("--manifest", type=Path, metavar="FILE", help="JSON or CSV: whose paper is in which files")
    add.add_argument("--subject", help="of all papers of which the manifest says nothing else")
    add.add_argument("--grade", type=int)
    add.add_argument("--key", metavar="FILE", help="answer key, JSON")
    for name in _FIELDS[:-1]:
        add.add_argument(f"--{name.replace('_', '-')}")
    add.add_argument("--priority", choices=["interactive", "batch"])
    add.add_argument("--wait", action="store_true", help="follow until all have ended, then say how each did")
    add.add_argument("--out", type=Path, metavar="FOLDER", help="with --wait: put all reports there, and the class's")


def add_class_report(add: argparse.ArgumentParser) -> None:
    """The arguments of `redink class-report`."""
    add.set_defaults(run=_class_report)
    add.add_argument("batch", help="its id")
    add.add_argument("--out", type=Path, required=True, help="file, .pdf, .html or .json")
    add.add_argument("--disclosure", choices=get_args(Disclosure), help="of single students (default band)")


def _batch(redink: Redink, asked: argparse.Namespace) -> int:
    key = json_in(asked.key)
    fields = {name: getattr(asked, name) for name in _FIELDS}
    papers = Papers(asked.source, asked.subject, asked.grade, key, asked.manifest, **fields)
    batch = redink.submit_batch(papers)
    print(batch.id)
    if asked.wait:
        with Bar(sys.stderr) as bar:
            batch = redink.wait_batch(batch.id, seen=bar.show_batch)
    outcomes = list(redink.batch_papers(batch.id))
    for outcome in outcomes:
        _say(outcome)
    if asked.wait and asked.out is not None:
        _fetch(redink, batch.id, outcomes, asked.out)
    bad = [one for one in outcomes if one.state == "refused" or (asked.wait and not _completed(one))]
    return 1 if bad else 0


def _class_report(redink: Redink, asked: argparse.Namespace) -> int:
    kind = cast("ClassReport", kind_of(asked.out, get_args(ClassReport)))
    asked.out.write_bytes(redink.class_report(asked.batch, kind, disclosure=asked.disclosure))
    print(asked.out)
    return 0


def _say(outcome: Outcome) -> None:
    """One line: the exam, how it stands, and the paper's name."""
    state = outcome.exam.status if outcome.exam is not None else outcome.state
    print(f"{outcome.exam_id or '-':36}  {state:18} {outcome.name}")
    reason = outcome.problem.get("detail") if outcome.problem else outcome.exam and outcome.exam.error_message
    for line in filter(None, [reason, *(advice["text"] for advice in outcome.raw.get("advice", ()))]):
        print(f"{'':36}  {line}")


def _completed(outcome: Outcome) -> bool:
    return outcome.exam is not None and outcome.exam.completed


def _fetch(redink: Redink, batch_id: str, outcomes: Sequence[Outcome], out: Path) -> None:
    """All reports into the folder; no class's when the papers are not of one class, or too few have ended."""
    out.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        if _completed(outcome):
            for kind in get_args(Report):
                (out / f"{outcome.exam_id}.{kind}").write_bytes(redink.report(str(outcome.exam_id), kind))
    try:
        for kind in get_args(Report):
            (out / f"class-report.{kind}").write_bytes(redink.class_report(batch_id, kind))
    except ProblemError as problem:
        if problem.status != 409:
            raise
        print(f"redink: no report on the class: {problem.detail}", file=sys.stderr)

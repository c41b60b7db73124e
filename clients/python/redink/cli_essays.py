"""The command of essays."""

# ruff: noqa: T201 - a command prints

import argparse
import sys
from pathlib import Path

from redink.blocking import Redink
from redink.essays import Essay
from redink.files import json_in
from redink.terminal import follow, show

_TEXTS = ("title", "prompt", "requirements", "student_id", "class_id", "locale", "callback_url")
_NUMBERS = {"min_length": int, "max_length": int, "max_score": float}


def add_essay(add: argparse.ArgumentParser) -> None:
    """The arguments of `redink essay`."""
    add.set_defaults(run=_essay)
    add.add_argument("file", metavar="FILE", help="a text in UTF-8, paragraphs parted by line breaks; - is stdin")
    add.add_argument("--subject", required=True, choices=["chinese", "english"], help="its language")
    add.add_argument("--grade", type=int, required=True)
    for name in _TEXTS:
        add.add_argument(f"--{name.replace('_', '-')}")
    for name, kind in _NUMBERS.items():
        add.add_argument(f"--{name.replace('_', '-')}", type=kind)
    add.add_argument("--rubric", metavar="FILE", help='JSON: [{"criterion", "points"}], which add up to --max-score')
    add.add_argument("--priority", choices=["interactive", "batch"])
    add.add_argument("--wait", action="store_true", help="follow to the end, then say score, mistakes and suggestions")
    add.add_argument("--out", type=Path, metavar="FOLDER", help="with --wait: put the reports there")


def _essay(redink: Redink, asked: argparse.Namespace) -> int:
    given = {name: getattr(asked, name) for name in (*_TEXTS, *_NUMBERS, "priority")}
    exam = redink.submit_essay(
        Essay(_text(asked.file), asked.subject, asked.grade, rubric=json_in(asked.rubric), **given)
    )
    print(exam.id)
    if asked.wait:
        follow(redink, exam.id)
        show(redink, exam.id, asked.out)
    return 0


def _text(file: str) -> str:
    """Raises OSError, and ValueError for what is not UTF-8."""
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: not a text in UTF-8: save it as such, or send a scan with `redink submit`"
        ) from error

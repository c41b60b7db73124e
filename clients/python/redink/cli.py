"""`redink`: send papers and fetch what comes of them, from a terminal.

exit codes: 0 done; 1 an exam ended without a result; 2 wrong use, or refused by the server; 3 the server can't be reached
"""

# ruff: noqa: T201 - a command prints

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast, get_args

from redink.blocking import Redink
from redink.calls import Paper, Report
from redink.cli_batches import add_batch, add_class_report
from redink.cli_essays import add_essay
from redink.errors import Ended, ProblemError, Unreachable
from redink.files import json_in, kind_of
from redink.terminal import follow, show

_EPILOG = """\
environment: REDINK_URL (default http://127.0.0.1:8000) and REDINK_API_KEY

examples:
  redink submit page1.jpg page2.jpg --subject math --grade 7 --key key.json --wait
  redink submit --each scans/*.pdf --subject english --grade 9 --wait --out reports/
  redink batch scans/ --subject math --grade 7 --key key.json --manifest class.csv --wait --out reports/
  redink essay my-weekend.txt --subject english --grade 8 --title "My weekend" --wait --out reports/
  redink watch 0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d
  redink report 0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d --out report.pdf
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what is asked; the exit code."""
    asked = _parser().parse_args(argv)
    if not asked.api_key:
        return _complain(2, "no API key: set REDINK_API_KEY or say --api-key")
    run: Callable[[Redink, argparse.Namespace], int] = asked.run
    try:
        with Redink(asked.url, asked.api_key) as redink:
            return run(redink, asked)
    except BrokenPipeError:  # who read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ProblemError, Ended, Unreachable, OSError, ValueError, KeyboardInterrupt) as error:
        return _complain(*_understood(error, asked.url))


def _understood(error: BaseException, url: str) -> tuple[int, str]:
    """The exit code and the words for what went wrong."""
    match error:
        case Ended():
            return 1, f"{error.exam.id} {error}"
        case Unreachable():
            return 3, f"{url} can't be reached: {error}"
        case OSError():
            return 2, f"{error.filename}: {error.strerror}" if error.filename else str(error)
        case KeyboardInterrupt():
            return 130, "interrupted; what was accepted goes on"
    return 2, str(error)


def _submit(redink: Redink, asked: argparse.Namespace) -> int:
    papers = [[file] for file in asked.files] if asked.each else [asked.files]
    accepted = [redink.submit(_paper(files, asked)) for files in papers]
    for exam in accepted:
        print(exam.id)
    if not asked.wait:
        return 0
    worst = 0
    for exam in accepted:
        try:
            follow(redink, exam.id)
        except Ended as error:
            worst = _complain(1, f"{exam.id} {error}")
        else:
            show(redink, exam.id, asked.out)
    return worst


def _paper(files: Sequence[str], asked: argparse.Namespace) -> Paper:
    key = json_in(asked.key)
    fields = ("student_id", "class_id", "title", "priority", "locale", "template_id", "callback_url")
    return Paper(files, asked.subject, asked.grade, key, **{name: getattr(asked, name) for name in fields})


def _watch(redink: Redink, asked: argparse.Namespace) -> int:
    follow(redink, asked.exam)
    return 0


def _report(redink: Redink, asked: argparse.Namespace) -> int:
    kind = kind_of(asked.out, get_args(Report))
    asked.out.write_bytes(redink.report(asked.exam, cast("Report", kind)))
    print(asked.out)
    return 0


def _result(redink: Redink, asked: argparse.Namespace) -> int:
    print(json.dumps(redink.result(asked.exam), ensure_ascii=False, indent=1))
    return 0


def _list(redink: Redink, asked: argparse.Namespace) -> int:
    filters = {name: value for name in ("status", "class_id", "student_id") if (value := getattr(asked, name))}
    for number, exam in enumerate(redink.exams(**filters), 1):
        print(f"{exam.id}  {exam.status:18} {exam.progress:3}%  {exam.raw.get('created_at', '')}")
        if number == asked.most:
            break
    return 0


def _cancel(redink: Redink, asked: argparse.Namespace) -> int:
    print(redink.cancel(asked.exam).status)
    return 0


def _retry(redink: Redink, asked: argparse.Namespace) -> int:
    exam = redink.retry(asked.exam, asked.stage)
    print(f"{exam.status}, revision {exam.raw['revision']}")
    return 0


def _complain(code: int, text: str) -> int:
    print(f"redink: {text}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="redink",
        description="Send exam papers to Redink, follow them, and fetch results and reports.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", default=os.environ.get("REDINK_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--api-key", default=os.environ.get("REDINK_API_KEY"), help="better in REDINK_API_KEY")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_submit(commands)
    for name, run, text in (
        ("watch", _watch, "follow an exam to its end"),
        ("result", _result, "the result document, as JSON"),
        ("cancel", _cancel, "withdraw an exam"),
    ):
        _command(commands, name, text, run).add_argument("exam", help="its id")
    report = _command(commands, "report", "fetch the report", _report)
    report.add_argument("exam", help="its id")
    report.add_argument("--out", type=Path, required=True, help="file, .pdf or .html")
    add_essay(_command(commands, "essay", "send an essay as text"))
    add_batch(_command(commands, "batch", "upload many papers: a folder or a ZIP"))
    add_class_report(_command(commands, "class-report", "fetch the report on a batch's class"))
    retry = _command(commands, "retry", "run an exam again", _retry)
    retry.add_argument("exam", help="its id")
    retry.add_argument("--from", dest="stage", help="first stage: ocr, parser, analyzer, diagnostic or report")
    listing = _command(commands, "list", "exams, newest first", _list)
    for name in ("--status", "--class-id", "--student-id"):
        listing.add_argument(name)
    listing.add_argument("--most", type=int, default=50, help="how many (default 50)")
    return parser


def _add_submit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = _command(commands, "submit", "upload a paper, pages in order", _submit).add_argument
    add("files", nargs="+", metavar="FILE", help="JPEG, PNG, WebP, HEIC, TIFF, PDF or ZIP")
    add("--subject", required=True)
    add("--grade", type=int, required=True)
    add("--key", metavar="FILE", help="answer key, JSON")
    for name in ("--student-id", "--class-id", "--title", "--locale", "--template-id", "--callback-url"):
        add(name)
    add("--priority", choices=["interactive", "batch"])
    add("--each", action="store_true", help="every file is a paper of its own")
    add("--wait", action="store_true", help="follow to the end, then say the score")
    add("--out", type=Path, metavar="FOLDER", help="with --wait: put the reports there")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[Redink, argparse.Namespace], int] | None = None,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""`python -m services replay`: exams that have ended, run again from a stage as new revisions."""

import argparse
import uuid
from collections.abc import Sequence
from typing import Any

from contracts.errors import ErrorCode
from contracts.status import TERMINAL
from services.gateway.exams import Exam, exam_of
from services.gateway.tools.console import Bar, show_done
from services.gateway.tools.desk import DONE, LEFT, Desk, open_desk, run
from services.gateway.tools.letters import STAGE_NAMES
from services.gateway.tools.pace import Pace, rate, since

_DESCRIPTION = """\
Runs exams again, each as its next revision with a new deadline: named ones, or those that ended in a certain way. The
artefacts before the stage are copied; what the stage and those after it make is made anew. Clients see the exam go on;
the report of the earlier revision is no longer shown, and a webhook will tell the new end.

It never touches an exam in flight, never changes an earlier revision, and changes nothing without --yes.
"""
_EPILOG = """\
exit codes: 0 done; 1 some exams were refused, or there are none such; 2 it could not look

examples:
  python -m services replay 0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d --from analyzer --yes
  python -m services replay --status FAILED --code internal --since 2h                  # says what it would do
  python -m services replay --status FAILED --code internal --since 2h --rate 2/s --yes
"""

_CHOOSE = """
SELECT * FROM exams
WHERE (cardinality($1::uuid[]) = 0 OR exam_id = ANY($1)) AND ($2::text IS NULL OR status = $2)
  AND ($3::timestamptz IS NULL OR updated_at >= $3) AND ($4::text IS NULL OR error_code = $4)
  AND ($5::text IS NULL OR tenant = $5)
ORDER BY created_at LIMIT $6
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Replay, or say what would be; the exit code."""
    parser = _parser()
    asked = parser.parse_args(argv)
    if not asked.exams and not asked.status:
        parser.error("name exams, or say --status")
    return run("replay", _replay, asked)


async def _replay(asked: argparse.Namespace) -> int:
    pace, outcomes = Pace(asked.rate), []
    async with open_desk() as desk:
        chosen = await _choose(desk, asked)
        missing = set(asked.exams) - {exam.exam_id for exam in chosen}
        with Bar("replaying", len(chosen)) as bar:
            for exam in chosen:
                if asked.yes:
                    await pace.turn()
                outcomes.append(await _one(desk, exam, asked))
                bar.step()
    outcomes += [_outcome(exam_id, None, False, "not among the exams asked for") for exam_id in sorted(missing)]
    show_done("exams", ("exam_id", "was", "code", "what"), outcomes, done=asked.yes, as_json=asked.json)
    return DONE if outcomes and all(outcome["begun"] for outcome in outcomes) else LEFT


async def _choose(desk: Desk, asked: argparse.Namespace) -> list[Exam]:
    rows = await desk.pool.fetch(_CHOOSE, asked.exams, asked.status, asked.since, asked.code, asked.tenant, asked.limit)
    return [exam_of(row) for row in rows]


async def _one(desk: Desk, exam: Exam, asked: argparse.Namespace) -> dict[str, Any]:
    if not exam.ended:
        return _outcome(exam.exam_id, exam, False, "in flight")
    if not asked.yes:
        return _outcome(exam.exam_id, exam, True, f"would run from {asked.from_stage or 'where it stopped'}")
    return _outcome(exam.exam_id, exam, *await desk.replay(exam.exam_id, asked.from_stage))


def _outcome(exam_id: uuid.UUID, exam: Exam | None, begun: bool, what: str) -> dict[str, Any]:
    position = exam.position if exam else None
    return {
        "exam_id": str(exam_id),
        "was": position.status.value if position else None,
        "code": position.code.value if position and position.code else None,
        "begun": begun,
        "what": what,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services replay",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("exams", nargs="*", type=uuid.UUID, metavar="EXAM", help="ids")
    add("--status", choices=sorted(status.value for status in TERMINAL), help="those that ended so")
    add("--since", type=since, metavar="TIME", help="those that ended since: 2026-11-22T06:00, or an age such as 2h")
    add("--code", choices=[code.value for code in ErrorCode], help="those that failed with this code")
    add("--tenant", help="this tenant's only")
    add("--from", dest="from_stage", choices=STAGE_NAMES, help="begin here; else after the last artefact there is")
    add("--limit", type=int, default=1000, help="at most so many, the oldest first (default 1000)")
    add("--rate", type=rate, metavar="N/s", help="at most so many a second")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--yes", action="store_true", help="do it")
    what.add_argument("--dry-run", action="store_true", help="only say what would be done (the default)")
    add("--json", action="store_true")
    return parser

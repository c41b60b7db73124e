"""`python -m services dlq`: what was set aside, why, and setting it going again."""

import argparse
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.topics import STAGE, dead_topic, retry_topic
from runtime.envelope import first_try, text_headers
from runtime.kafka import Kafka, open_kafka
from runtime.settings import KafkaSettings, load
from runtime.topics import read_topic
from services.gateway.projection import REDRIVEN
from services.gateway.tools.console import Bar, complain, show_done, show_json, show_table
from services.gateway.tools.desk import DONE, LEFT, Desk, open_desk, run
from services.gateway.tools.letters import STAGE_NAMES, Action, Letter, described, grouped, letters, plan
from services.gateway.tools.pace import Pace, rate

_DESCRIPTION = """\
Dead letters are records that a stage gave up on: broken ones, and those that failed every try. Their exams have FAILED,
visibly; this shows why, and runs them again once the reason is mended.

A redrive raises the exam's revision and starts it at the stage that gave up (with copies of the artefacts before it);
then it puts a mark on the dead-letter topic, so that `list` leaves the letter out. A record that could not be decoded
and now can goes back to its topic under its own id. Twice is once: an exam that has gone on is only marked.

It never deletes a letter (the topic's retention does), never shows what is in an exam, and changes nothing without --yes.
"""
_EPILOG = """\
exit codes: 0 done; 1 some letters were refused, or there is no such letter; 2 it could not look

examples:
  python -m services dlq list
  python -m services dlq show parser/3/17
  python -m services dlq redrive --fingerprint 9c1f03aa               # says what it would do
  python -m services dlq redrive --fingerprint 9c1f03aa --rate 2/s --yes
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sub-command; its exit code."""
    asked = _parser().parse_args(argv)
    return run("dlq", {"list": _list, "show": _show, "redrive": _redrive}[asked.verb], asked)


async def _list(asked: argparse.Namespace) -> int:
    found = [letter for letter in await _read(asked.stage) if asked.all or not letter.redriven]
    groups = grouped(found)
    if asked.json:
        show_json([vars(group) for group in groups])
        return DONE
    rows = [
        (g.fingerprint, g.stage, g.reason, g.error, g.count, _when(g.first), _when(g.last), " ".join(g.examples))
        for g in groups
    ]
    show_table(("fingerprint", "stage", "reason", "error", "count", "first", "last", "examples"), rows)
    return DONE


async def _show(asked: argparse.Namespace) -> int:
    stage = asked.id.partition("/")[0]
    wanted = [letter for letter in await _read(stage if stage in STAGE else None) if letter.id == asked.id]
    if not wanted:
        complain(f"no letter {asked.id}: ids are stage/partition/offset, as `list` shows them")
        return LEFT
    show_json(described(wanted[0]))
    return DONE


async def _redrive(asked: argparse.Namespace) -> int:
    chosen = [letter for letter in await _read(asked.stage) if _wanted(letter, asked)]
    pace, outcomes = Pace(asked.rate), []
    async with open_desk() as desk, open_kafka(load(KafkaSettings)) as kafka:
        drive = _Redrive(desk, kafka, asked.from_stage)
        with Bar("redriving", len(chosen)) as bar:
            for letter in chosen:
                if asked.yes:
                    await pace.turn()
                outcomes.append(await drive.letter(letter, really=asked.yes))
                bar.step()
    show_done("letters", ("letter", "exam_id", "action", "why"), outcomes, done=asked.yes, as_json=asked.json)
    return LEFT if any(outcome["action"] == Action.REFUSE for outcome in outcomes) else DONE


def _wanted(letter: Letter, asked: argparse.Namespace) -> bool:
    exam_id = letter.event.exam_id if letter.event else None
    fits = asked.fingerprint in {None, letter.fingerprint} and (not asked.exam or exam_id in asked.exam)
    return fits and not letter.redriven


@dataclass(frozen=True)
class _Redrive:
    """One letter at a time: its exam first, the mark when that is confirmed."""

    desk: Desk
    kafka: Kafka
    from_stage: str | None

    async def letter(self, letter: Letter, *, really: bool) -> dict[str, Any]:
        """What is to be done about it, or, `really`, what was done."""
        exam_id = letter.event.exam_id if letter.event else None
        action, why = plan(letter, await self.desk.exam(exam_id) if exam_id else None)
        if really and action is Action.REPLAY and exam_id:
            began, why = await self.desk.replay(exam_id, self.from_stage or letter.stage)
            action = action if began else Action.REFUSE
        elif really and action is Action.REPUBLISH:
            action, why = await self._republish(letter)
        if really and action is not Action.REFUSE:
            await self._mark(letter, action)
        return {"letter": letter.id, "exam_id": str(exam_id) if exam_id else None, "action": action, "why": why}

    async def _republish(self, letter: Letter) -> tuple[Action, str]:
        """The record as it was, where it was: what worked on it in the meantime is found done."""
        if letter.source not in {*STAGE[letter.stage].sources, retry_topic(letter.stage)}:
            return Action.REFUSE, "it doesn't say which topic it came from"
        headers = text_headers(first_try(letter.record))
        own = {name: text for name, text in headers.items() if not name.startswith("x-dead-")}
        await self.kafka.send(letter.source, letter.record.key, letter.record.value, own)
        return Action.REPUBLISH, f"on {letter.source}"

    async def _mark(self, letter: Letter, action: Action) -> None:
        mark = {
            REDRIVEN: f"{letter.record.partition}/{letter.record.offset}",
            "x-dead-redriven-at": datetime.now(UTC).isoformat(),
            "x-dead-redriven-as": action.value,
        }
        await self.kafka.send(dead_topic(letter.stage), letter.record.key, None, mark)


async def _read(stage: str | None) -> list[Letter]:
    """The letters of a stage, or of all."""
    settings, found = load(KafkaSettings), []
    for name in (stage,) if stage else STAGE_NAMES:
        found += letters(name, [record async for record in read_topic(settings, dead_topic(name))])
    return found


def _when(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%m-%d %H:%M:%S")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services dlq",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list | show | redrive")
    listing = verbs.add_parser("list", help="groups of letters that died of the same, times in UTC")
    listing.add_argument("--stage", choices=STAGE_NAMES)
    listing.add_argument("--all", action="store_true", help="also those that were redriven")
    listing.add_argument("--json", action="store_true")
    show = verbs.add_parser("show", help="headers and references of one letter, as JSON")
    show.add_argument("id", help="stage/partition/offset")
    redrive = verbs.add_parser("redrive", help="run the exams of letters again; a dry run without --yes")
    redrive.add_argument("--stage", choices=STAGE_NAMES)
    redrive.add_argument("--fingerprint", help="as `list` shows it")
    redrive.add_argument("--exam", type=uuid.UUID, action="append", help="only this exam's letters; may be repeated")
    redrive.add_argument("--from", dest="from_stage", choices=STAGE_NAMES, help="begin here, not where it gave up")
    redrive.add_argument("--rate", type=rate, metavar="N/s", help="at most so many a second")
    what = redrive.add_mutually_exclusive_group()
    what.add_argument("--yes", action="store_true", help="do it")
    what.add_argument("--dry-run", action="store_true", help="only say what would be done (the default)")
    redrive.add_argument("--json", action="store_true")
    return parser

"""`python -m services audit`: is no exam lost, and none reported twice? Reads the live stack and says so, with numbers."""

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from contracts.errors import Transient
from runtime.kafka import KafkaError
from runtime.settings import BadSettings, BlobSettings, KafkaSettings, load
from runtime.stores import open_blobs
from services.gateway.settings import PostgresSettings
from services.gateway.tools.books import read_only
from services.gateway.tools.checks import INVARIANTS, Finding, duplicates, equation
from services.gateway.tools.collect import gather
from services.gateway.tools.console import complain, show_json, show_table
from services.gateway.tools.evidence import Evidence, Look, Process
from services.gateway.tools.journal import BadJournal, read_journal

CLEAN, VIOLATED, BLIND = 0, 1, 2

_DESCRIPTION = """\
Checks the live installation against its invariants: that every accepted exam has ended or still may (I1), ended and was
reported once (I2), that books, topics and blobs agree (I3-I10), and, when asked, what clients see (I11) and what the
processes hold (I12).

It never writes: its database session is read-only, it joins no consumer group, commits nothing, puts nothing. It can
run beside live traffic. It shows ids, never what is in an exam. What was not there to be looked at is `not checked`.
"""
_EPILOG = """\
exit codes: 0 every invariant that was checked holds; 1 one is violated; 2 it could not look

examples:
  python -m services audit
  python -m services audit --settle 120 --journal uploads.jsonl --json > audit.json
  python -m services audit --gateway http://127.0.0.1:8000 --api-key rk_… --metrics http://127.0.0.1:8000/metrics

A journal has one JSON object per line and attempt: key (Idempotency-Key), sha256 (of the file), marker (text that must
be in the report; optional), started, ended, outcome (ok, fail or unknown), exam_id, tenant.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Audit, print, and return the exit code."""
    asked = _parser().parse_args(argv)
    try:
        evidence = asyncio.run(_look(asked))
    except (BadSettings, BadJournal, Transient, OSError, TimeoutError, KafkaError, asyncpg.PostgresError) as error:
        complain(f"audit: could not look: {type(error).__name__}: {error}")
        return BLIND
    findings = [check(evidence) for check in INVARIANTS]
    document = report(evidence, findings)
    if asked.json:
        show_json(document)
    else:
        _show(document, findings)
    return CLEAN if document["ok"] else VIOLATED


def report(evidence: Evidence, findings: Sequence[Finding]) -> dict[str, Any]:
    """What the audit says, for machines."""
    processes = {process.address: dict(process.values) for process in evidence.processes or ()}
    return {
        "ok": not any(finding.violations for finding in findings),
        "at": evidence.now.isoformat(),
        "settled": evidence.settled,
        "equation": equation(evidence),
        "invariants": [finding.as_json() for finding in findings],
        "duplicates": duplicates(evidence),
        "looked_at": {"exams": len(evidence.rows), "records": len(evidence.records)},
        "processes": processes,
    }


async def _look(asked: argparse.Namespace) -> Evidence:
    look = Look(
        settle=asked.settle,
        journal=read_journal(asked.journal) if asked.journal else None,
        gateway=asked.gateway,
        api_key=asked.api_key or os.environ.get("REDINK_API_KEY"),
        metrics=asked.metrics or (),
        baseline=_baseline(asked.baseline) if asked.baseline else None,
        sample=asked.sample,
    )
    kafka, blobs = load(KafkaSettings), open_blobs(load(BlobSettings))
    async with read_only(load(PostgresSettings)) as connection:
        return await gather(look, connection, kafka, blobs)


def _baseline(path: Path) -> list[Process]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return [Process(address, values) for address, values in document["processes"].items()]


def _show(document: dict[str, Any], findings: Sequence[Finding]) -> None:
    parts = dict(document["equation"])
    accepted = parts.pop("accepted")
    said = " + ".join(f"{count} {name.replace('_', ' ')}" for name, count in parts.items())
    lines: list[tuple[Any, ...]] = [(f.id, f.verdict, f.checked, f.violations or "", f.title) for f in findings]
    lines.append(("", "", "", "", f"{accepted} accepted = {said}"))
    show_table(("", "verdict", "checked", "violations", "invariant"), lines)
    for finding in findings:
        for example in finding.examples:
            complain(f"{finding.id}: {example}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services audit",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--json", action="store_true", help="one JSON document on stdout")
    add(
        "--settle",
        type=float,
        metavar="SECONDS",
        help="first wait up to so long until nothing is in flight (I1 then wants it so)",
    )
    add("--journal", type=Path, metavar="FILE", help="what uploaders sent and were told, as JSON lines (I6)")
    add("--gateway", metavar="URL", help="also look at event streams (I11); needs --api-key or REDINK_API_KEY")
    add("--api-key", metavar="KEY", help="a key of the tenant whose streams are looked at")
    add("--sample", type=int, default=20, metavar="N", help="exams whose streams are looked at (default 20)")
    add("--metrics", nargs="+", metavar="URL", help="also measure these processes (I12)")
    add("--baseline", type=Path, metavar="FILE", help="an earlier audit's JSON that I12 compares with")
    return parser

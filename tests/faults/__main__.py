"""`python -m tests.faults`: torture a whole Redink on this machine, and audit what is left.

exit codes: 0 no exam lost, none reported twice, no invariant violated; 1 otherwise
"""

# ruff: noqa: T201 - a command's output

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
from pathlib import Path

from runtime import log
from tests.faults.rows.run import numbers, rows_table, run_rows
from tests.faults.soak import Soak, soak, soak_table
from tests.faults.torture import Plan, table, torture


def main() -> int:
    """Run what the arguments ask for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    add = parser.add_argument
    add("--broker", choices=["tansu", "kafka"], default="tansu", help="embedded (memory only) or Apache Kafka")
    add("--exams", type=int, default=150)
    add("--minutes", type=float, default=1.5, help="of faults; healing and the audit come after")
    add("--seed", type=int, default=1)
    add("--calm", type=float, default=1.5, help="mean seconds between two faults of a lane")
    add("--json", type=Path, metavar="FILE", help="write the whole report there")
    add("--keep", type=Path, metavar="FOLDER", help="work there and keep logs and journals")
    add("--soak", action="store_true", help="steady load and few faults instead: does anything grow?")
    add("--rows", type=numbers, metavar="ROWS", help="rows of the matrix instead: 1,2,9, short or all")
    asked = parser.parse_args()
    log.configure("ERROR")
    for noisy in ("aiokafka", "asyncio", "faststream"):  # what they have to say of faults is known
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="torture-"))
    if asked.rows:
        report, show = asyncio.run(run_rows(asked.rows, asked.broker, folder.resolve())), rows_table
    elif asked.soak:
        plan = Soak(asked.broker, asked.minutes, asked.seed)
        report, show = asyncio.run(soak(plan, folder.resolve())), soak_table
    else:
        storm = Plan(asked.broker, asked.exams, asked.minutes, asked.seed, asked.calm)
        report, show = asyncio.run(torture(storm, folder.resolve())), table
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1, default=str), encoding="utf-8")
    print(show(report))
    if asked.keep is None and report["ok"]:
        shutil.rmtree(folder)
    elif not report["ok"]:
        print(f"logs and journals: {folder}")
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

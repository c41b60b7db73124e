"""`python -m tests.faults.rows`: rows of the torture matrix, by number. Exit 0 when each did and saw what it is for."""

# ruff: noqa: T201 - a command's output

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
from pathlib import Path

from runtime import log
from tests.faults.rows import ROWS, SHORT
from tests.faults.rows.run import run_rows


def main() -> int:
    """Run what the arguments name; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.rows", description=__doc__)
    parser.add_argument("rows", nargs="?", default="short", help="numbers, as 1,2,9; short (default), all or list")
    parser.add_argument("--broker", choices=["tansu", "kafka"], default="tansu")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work there and keep logs and journals")
    asked = parser.parse_args()
    if asked.rows == "list":
        for number in sorted(ROWS):
            row = ROWS[number]
            print(f"{number:>2}  {row.title}\n    injects: {row.injects}\n    expects: {row.expects}")
        return 0
    log.configure("ERROR")
    for noisy in ("aiokafka", "asyncio", "faststream"):  # what they have to say of faults is known
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    numbers = {"short": SHORT, "all": tuple(sorted(ROWS))}.get(asked.rows) or [int(n) for n in asked.rows.split(",")]
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="rows-"))
    told = asyncio.run(run_rows(numbers, asked.broker, folder.resolve()))
    failed = [one["row"] for one in told if not one["ok"]]
    print(f"\n{len(told) - len(failed)} of {len(told)} rows as expected; failed: {failed or 'none'}")
    if failed:
        print(f"logs and journals: {folder}")
    elif asked.keep is None:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

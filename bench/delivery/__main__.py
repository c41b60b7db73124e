"""`python -m bench.delivery`: how many accepted exams several designs lose, leave stuck or report twice, under kills.

Starts its own servers. One row per contestant, written as Markdown to standard output; notes are kept in --folder.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bench.delivery import table
from bench.delivery.contest import Plan, hold
from bench.delivery.contestants import BY_NAME
from deploy.native.stack import BrokerKind, embedded_stack


def main(argv: Sequence[str] | None = None) -> int:
    """Hold the contests that the arguments name; 0."""
    asked = _parser().parse_args(argv)
    plan = Plan(exams=asked.exams, seed=asked.seed, kills=asked.kills)
    folder = (asked.folder or Path(tempfile.mkdtemp(prefix="delivery-"))).resolve()
    outcomes = []
    with embedded_stack(folder / "servers", cast("BrokerKind", asked.broker), durable=False) as stack:
        for name in asked.contestant or BY_NAME:
            outcomes.append(hold(BY_NAME[name], plan, stack, folder / name))
            print(outcomes[-1], file=sys.stderr, flush=True)
    print(table.markdown(outcomes, plan, asked.broker))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description=__doc__)
    parser.add_argument("--contestant", action="append", choices=list(BY_NAME), help="default: all; may be repeated")
    parser.add_argument("--exams", type=int, default=Plan.exams, help="uploads per contestant (default %(default)s)")
    parser.add_argument("--kills", type=int, default=Plan.kills, help="at most so many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--broker", choices=["kafka", "tansu"], default="kafka", help="for those on Kafka")
    parser.add_argument("--folder", type=Path, help="a new one, to keep all notes and logs in")
    return parser


if __name__ == "__main__":
    sys.exit(main())

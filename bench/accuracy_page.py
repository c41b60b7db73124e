"""What the commands that fill in docs/accuracy.md after `bench.accuracy` are told: cases, scorer, what was kept, the page."""

import argparse
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"


def asked(description: str | None, argv: Sequence[str] | None) -> argparse.Namespace:
    """`cases`, `score`, `readings`, `results` and `page`, from the command line."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True, help="path of score.py")
    parser.add_argument("--readings", type=Path, default=Path(".cache/readings"), help="what bench.readings saved")
    parser.add_argument("--results", type=Path, default=Path(".cache/results"), help="what bench.accuracy saved")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args(argv)

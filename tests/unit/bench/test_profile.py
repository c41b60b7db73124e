"""Whose time it is that a profiler saw in a library."""

import pytest

from bench.profile import Stats, by_part, part_of, table

OURS, THEIRS = ("ours/page.py", 1, "read"), ("ours/marks.py", 1, "find")
WRAPPER, NATIVE, LOOP = ("lib/numpy.py", 1, "percentile"), ("~", 0, "<sort>"), ("lib/again.py", 1, "again")


def part(path: str) -> str | None:
    return path.removeprefix("ours/").removesuffix(".py") if path.startswith("ours/") else None


def stats() -> Stats:
    return {
        OURS: (1, 1, 1.0, 9.0, {}),
        THEIRS: (1, 1, 1.0, 2.0, {OURS: (1, 1, 1.0, 2.0)}),
        WRAPPER: (2, 2, 0.0, 4.0, {OURS: (1, 1, 0.0, 3.0), THEIRS: (1, 1, 0.0, 1.0)}),
        NATIVE: (2, 2, 4.0, 4.0, {WRAPPER: (2, 2, 4.0, 4.0)}),
    }


def test_a_librarys_time_goes_to_those_who_called_it_by_what_they_spent_there() -> None:
    assert by_part(stats(), part) == pytest.approx({"page": 4.0, "marks": 2.0})


def test_no_time_is_lost_or_counted_twice_in_circles() -> None:
    again = {LOOP: (2, 1, 2.0, 2.0, {LOOP: (1, 1, 1.0, 1.0), OURS: (1, 1, 1.0, 2.0)})}
    assert sum(by_part({**stats(), **again}, part).values()) == pytest.approx(8.0)
    assert by_part({LOOP: (1, 1, 2.0, 2.0, {})}, part) == {"other": 2.0}


def test_the_table_tells_all_of_it() -> None:
    rows = table({"ctc": 3.0, "ink": 1.0, "other": 0.0}).splitlines()
    assert rows[2].startswith("| `ctc` | Connectionist temporal classification")
    assert rows[2].endswith("| 75% |")
    assert part_of("elsewhere/ctc.py") is None

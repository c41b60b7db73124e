"""Answers that differ from the key in one small sign that says something else: none of them is taken for the key's."""

import pytest

from contracts.equality import Match, compare

TWELVE = "1,2,3,4,5,6,7,8,9,10,11,12"


@pytest.mark.parametrize(
    ("answer", "key"),
    [("1,2,3,4,5,6,7,8,9,10,13,12", TWELVE), ("1,2,3,4,5,6,7,8,9,10", TWELVE), ("{1,2,3,4,5,6,7,8,9,10,11,13}", f"{{{TWELVE}}}"),
     ("或".join(f"x={i}" for i in range(2, 14)), "或".join(f"x={i}" for i in range(1, 13)))],
)  # fmt: skip
def test_every_value_of_a_long_list_counts(answer, key):
    assert not compare(answer, key).right
    assert compare(key.replace(",", "，"), key) is Match.SAME


@pytest.mark.parametrize("opening", ["因为水的蒸发吸热。" * 50, "because water boils " * 25, "x+1;" * 110])
def test_the_end_of_a_text_that_is_too_long_to_weigh_counts(opening):
    assert compare(opening + "所以降温", opening + "所以升温") is Match.DOUBTFUL
    assert compare(f"{opening}\n所以降温 ", f"{opening} 所以降温") is Match.SAME

"""How long a client asks to wait, and how much of it is honoured."""

import pytest

from services.gateway.api.waiting import asked


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=20", 20),
        ('respond-async, wait="5"', 5),
        ("wait=60", 30),
        ("wait=9999999", 30),
        (f"wait={'9' * 40}", 30),
        (f"wait={'9' * 5000}", None),
        ("wait=-1", None),
        ("wait=soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_longer_wait_than_is_allowed_is_the_longest_and_what_is_no_number_is_none(
    prefer: str | None, seconds: int | None
) -> None:
    assert asked(prefer, 30.0) == seconds

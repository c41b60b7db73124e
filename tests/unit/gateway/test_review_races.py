"""What the review queue says of a lease that ends between two looks at it."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.api.review import _leased
from services.gateway.review.decisions import Decision, keep
from services.gateway.review.queue import Busy


class Released:
    """Stands for the pool: an item that was leased when the decision came, and is free when it is looked at again."""

    async def fetchrow(self, statement: str, *_arguments: object) -> dict[str, Any] | None:
        return None if statement.startswith("UPDATE") else {"decided_at": None, "leased_until": None, "path": ["1"]}


async def test_a_decision_that_meets_a_lease_which_ends_just_then_is_told_to_try_again() -> None:
    pool: Any = Released()
    decision = Decision(uuid.uuid4(), ("1",), "key", None, True, {}, datetime.now(UTC))
    with pytest.raises(Busy) as busy:
        await keep(pool, "dev", uuid.uuid4(), decision, None)
    problem = _leased(busy.value.until)
    assert problem.code.value == "review_item_leased"
    assert datetime.fromisoformat(problem.extra["leased_until"]).tzinfo is not None

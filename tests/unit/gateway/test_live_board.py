"""The board without a database: who watches what."""

import uuid
from types import SimpleNamespace
from typing import Any

from services.gateway.live.board import Board
from services.gateway.live.hub import Hub

BATCH: Any = SimpleNamespace(batch_id=uuid.UUID(int=1), tenant="dev")
FIRST, SECOND = uuid.UUID(int=2), uuid.UUID(int=3)


def test_a_board_that_nobody_watches_any_more_remembers_no_exam() -> None:
    nothing: Any = None
    board = Board(nothing, Hub(nothing, nothing, 3600), nothing, 3600)
    with board.watch(BATCH, [FIRST], ""):  # it leaves last, and came when only one paper was an exam
        with board.watch(BATCH, [FIRST, SECOND], ""):
            pass
        board.heard(str(SECOND))  # the batch is still watched, and this is one of its exams
        assert board._stir.is_set()
    assert not board._watched
    assert not board._batches_of

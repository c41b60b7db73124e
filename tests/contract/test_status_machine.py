"""The status table is the API's: names, order, progress and wording."""

import itertools
import uuid

from contracts.events import derived_id
from contracts.status import STEPS, TERMINAL, Status
from contracts.topics import STAGES


def test_every_status_has_a_step_and_progress_never_falls() -> None:
    assert set(STEPS) == set(Status)
    path = [STEPS[s].progress for s in Status if s not in TERMINAL - {Status.COMPLETED}]
    assert all(a is not None and b is not None and a < b for a, b in itertools.pairwise(path))


def test_terminal_states_outrank_every_other() -> None:
    highest = max(STEPS[s].rank for s in Status if not s.terminal)
    assert all(STEPS[s].rank > highest for s in TERMINAL)


def test_stages_pass_through_the_states_in_order() -> None:
    ranks = [STEPS[s].rank for row in STAGES for s in (row.running, row.done)]
    assert ranks == sorted(set(ranks))


def test_an_event_id_is_the_same_for_every_retry_and_differs_by_step_and_revision() -> None:
    exam = uuid.UUID(int=7)
    assert derived_id(exam, "ocr", 1) == derived_id(exam, "ocr", 1)
    assert len({derived_id(e, s, r) for e in (exam, uuid.UUID(int=8)) for s in ("ocr", "parser") for r in (1, 2)}) == 8

"""The simulation is itself tested: each rule of the protocol is needed, for without it a seed fails."""

import pytest

from tests.simulation.__main__ import hunt_down
from tests.simulation.invariants import INVARIANTS
from tests.simulation.mutants import MUTANTS

MOST = 5000
"""Seeds within which every mutant has to be caught; most take fewer than a hundred."""


@pytest.mark.parametrize("name", sorted(MUTANTS))
@pytest.mark.timeout(900)
def test_every_mistake_is_caught(name: str) -> None:
    result = hunt_down(name, MOST)
    assert result is not None, f"not seen in {MOST} seeds: {MUTANTS[name].mistake}"
    assert result.violations[0].invariant in INVARIANTS

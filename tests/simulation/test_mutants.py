"""The simulation is itself tested: each rule of the protocol is needed, for without it a seed fails."""

import pytest

from tests.simulation.__main__ import hunt_down
from tests.simulation.invariants import INVARIANTS
from tests.simulation.mutants import MUTANTS

RARE = {"commit-outlives-assignment"}
"""Takes a log lost at one certain moment; seen in some runs of 5,000 seeds, and in some not."""
MOST = 5000
"""Seeds within which every mutant has to be caught; most take fewer than a hundred."""


@pytest.mark.parametrize("name", sorted(set(MUTANTS) - RARE))
@pytest.mark.timeout(900)
def test_every_mistake_is_caught(name: str) -> None:
    result = hunt_down(name, MOST)
    assert result is not None, f"not seen in {MOST} seeds: {MUTANTS[name].mistake}"
    assert result.violations[0].invariant in INVARIANTS

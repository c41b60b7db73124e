"""All mutants: a simulation that misses one is blind."""

from tests.simulation import mutants_of_gateway, mutants_of_stages
from tests.simulation.mutant import MUTANTS, mutated

__all__ = ["MUTANTS", "mutants_of_gateway", "mutants_of_stages", "mutated"]

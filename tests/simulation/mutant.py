"""A mistake in the real code, and the register of those that a simulation must see."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.simulation.system import Parts


@dataclass(frozen=True)
class Mutant:
    """One mistake: `made` changes the code while it lasts, and gives the parts to build a world of."""

    name: str
    mistake: str
    made: Callable[[], AbstractContextManager[Parts]]


MUTANTS: dict[str, Mutant] = {}


def mutant(mistake: str) -> Callable[[Callable[[], Iterator[Parts]]], None]:
    def keep(made: Callable[[], Iterator[Parts]]) -> None:
        name = made.__name__.removeprefix("_").replace("_", "-")
        MUTANTS[name] = Mutant(name, mistake, contextmanager(made))

    return keep


@contextmanager
def mutated(name: str | None) -> Iterator[Parts]:
    """The parts of a world with that mistake in it; without a name, the real ones."""
    if name is None:
        yield Parts()
        return
    with MUTANTS[name].made() as parts:
        yield parts


@contextmanager
def patched(*places: tuple[Any, str, Any], **parts: Any) -> Iterator[Parts]:
    with ExitStack() as stack:
        for owner, name, worse in places:
            stack.enter_context(patch.object(owner, name, worse))
        yield Parts(**parts)

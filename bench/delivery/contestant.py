"""What the driver asks of every contestant."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from bench.delivery.work import Work
from deploy.native.process import Child
from deploy.native.stack import Stack

Submit = Callable[[str], str]
"""Upload the exam of a key; its id once it is accepted. Raises when that is unknown: the driver then asks again."""


@dataclass(frozen=True)
class Arena:
    """Where a contest takes place: `port` is for a gateway, `prefix` sets its topics, groups and tables apart."""

    stack: Stack
    work: Work
    prefix: str
    port: int

    def broker(self) -> Child:
        """The Kafka broker."""
        if self.stack.broker is None:
            raise RuntimeError("the broker is not ours to restart")
        return self.stack.broker


class Contestant(Protocol):
    """One design. Times in seconds."""

    @property
    def name(self) -> str:
        """On the command line."""
        ...

    @property
    def title(self) -> str:
        """In the table."""
        ...

    @property
    def once(self) -> bool:
        """Whether the sink is told to take an exam but once."""
        ...

    @property
    def gateways(self) -> tuple[str, ...]:
        """Workers that take uploads."""
        ...

    def prepare(self, arena: Arena) -> None:
        """Lay out topics and tables."""
        ...

    def restore(self, arena: Arena) -> None:
        """Lay out again what a memory-only broker has forgotten."""
        ...

    def commands(self, arena: Arena) -> Mapping[str, Sequence[str]]:
        """Workers by name; stages are named as in `bench.delivery.work`."""
        ...

    def environment(self, arena: Arena) -> Mapping[str, str]:
        """What workers get beside the work's own."""
        ...

    def uploader(self, arena: Arena) -> AbstractContextManager[Submit]:
        """The client; called from several threads."""
        ...

    def broker(self, arena: Arena) -> Child:
        """The server to restart in the middle."""
        ...

    def reports(self, arena: Arena) -> Counter[str]:
        """How often customers were told of each exam."""
        ...

    def failed(self, arena: Arena) -> set[str]:
        """Exams that ended otherwise, and say so when asked."""
        ...

    def held(self, arena: Arena, exams: Collection[str]) -> set[str]:
        """Those of the exams that a queue or a ledger still holds."""
        ...

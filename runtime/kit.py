"""What the composition root hands to services."""

import time
from dataclasses import dataclass, field

import structlog

from runtime.blobs import Blobs
from runtime.cache import Cache, Starts
from runtime.clock import Clock
from runtime.health import Health
from runtime.kafka import Kafka
from runtime.quarantine import Quarantine
from runtime.settings import Settings
from runtime.trace import UNTRACED, Tracer


@dataclass(frozen=True)
class Kit:
    """For a stage: `open_stage(kit)`. Stages get no Kafka; the shell publishes for them."""

    blobs: Blobs
    cache: Cache
    log: structlog.stdlib.BoundLogger


@dataclass(frozen=True)
class Resources:
    """All that a process has; for the gateway: `open_gateway(resources)`.

    `health.check(name, async_function)` adds a condition of readiness: one that raises is not ready.
    """

    kafka: Kafka
    blobs: Blobs
    cache: Cache
    starts: Starts
    health: Health
    settings: Settings
    log: structlog.stdlib.BoundLogger
    clock: Clock = time.time
    quarantine: Quarantine = field(default_factory=Quarantine)
    tracer: Tracer = UNTRACED

    def kit(self, stage: str) -> Kit:
        """The part that a stage gets."""
        return Kit(self.blobs, self.cache, self.log.bind(stage=stage))

"""What the composition root hands to services."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from contracts.events import ExamEvent
from runtime.blobs import Blobs
from runtime.cache import Cache


@dataclass(frozen=True)
class Kit:
    """For a stage: `open_stage(kit)`. Stages get no Kafka; the shell publishes for them."""

    blobs: Blobs
    cache: Cache
    log: structlog.stdlib.BoundLogger

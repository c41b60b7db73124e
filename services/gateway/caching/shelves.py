"""What this process caches, opened once."""

from dataclasses import dataclass

from contracts.artefacts import SubjectRules
from contracts.taxonomy import Point
from runtime.cache import Cache, Nothing
from services.gateway.caching.layered import Layered
from services.gateway.caching.settings import CacheSettings
from services.gateway.templates.library import Known, known, school_points, settled

_DAY = 24 * 3600.0
_ITEM = 2048
"""Bytes of memory that an item of a template takes, as written and as of the key: some twenty times its text."""


@dataclass(frozen=True)
class Shelves:
    """The caches by what they hold."""

    templates: Layered[Known]
    rules: Layered[SubjectRules]
    points: Layered[tuple[Point, ...]]
    documents: Layered[bytes]


def open_shelves(shared: Cache, settings: CacheSettings) -> Shelves:
    """Empty memory, before whatever Redis holds."""
    redis = None if isinstance(shared, Nothing) else shared
    size = {"most": settings.local_bytes, "longest": settings.shared_chars}
    return Shelves(
        Layered("template", redis, known, _weight, seconds=settings.template_days * _DAY, **size),
        Layered("subject", redis, settled, lambda _: _ITEM, seconds=settings.subject_days * _DAY, **size),
        Layered(
            "points",
            redis,
            school_points,
            lambda own: 512 * (4 + len(own)),
            seconds=settings.subject_days * _DAY,
            **size,
        ),
        Layered("result", redis, str.encode, len, seconds=settings.result_hours * 3600, **size),
    )


def _weight(value: Known) -> int:
    return _ITEM * (1 + len(value.document.items))

"""What this process caches, opened once."""

from dataclasses import dataclass

from contracts.artefacts import SubjectRules
from runtime.cache import Cache, Nothing
from services.gateway.caching.layered import Layered
from services.gateway.settings import CacheSettings
from services.gateway.templates.library import Known, known, settled

_DAY = 24 * 3600.0


@dataclass(frozen=True)
class Shelves:
    """The caches by what they hold."""

    templates: Layered[Known]
    rules: Layered[SubjectRules]
    documents: Layered[bytes]


def open_shelves(shared: Cache, settings: CacheSettings) -> Shelves:
    """Empty memory, before whatever Redis holds."""
    redis = None if isinstance(shared, Nothing) else shared
    size = {"most": settings.local_bytes, "longest": settings.shared_chars}
    return Shelves(
        Layered("template", redis, known, seconds=settings.template_days * _DAY, **size),
        Layered("subject", redis, settled, seconds=settings.subject_days * _DAY, **size),
        Layered("result", redis, str.encode, seconds=settings.result_hours * 3600, **size),
    )

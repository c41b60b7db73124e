"""What diagnostic stores: mastery per knowledge point and what to do about it."""

from contracts.base import Contract, Share


class Mastery(Contract):
    """掌握度 of one knowledge point: posterior mean and 90 % credible interval. `evidence`: question numbers."""

    code: str
    name: str
    mastery: Share
    low: Share
    high: Share
    evidence: tuple[str, ...]
    sufficient: bool = True


class Suggestion(Contract):
    """One piece of advice; `evidence`: the question numbers it rests on, never empty."""

    text: str
    evidence: tuple[str, ...]


class Diagnosis(Contract):
    """diagnostic's artefact. Every sentence cites question numbers."""

    engine: str = "local"
    mastery: tuple[Mastery, ...] = ()
    weak_points: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    summary: str = ""
    cpu_seconds: float = 0.0

"""The dimensions of an essay that came without a rubric of its own, and their shares of the points."""

from collections.abc import Mapping

from contracts.artefacts.essay import Dimension

_DIMENSIONS: Mapping[str, tuple[tuple[Dimension, str, float], ...]] = {
    "zh": (
        ("content", "内容与立意：切合题意，中心明确，内容充实", 0.4),
        ("language", "语言：语句通顺，用词准确，表达生动", 0.3),
        ("organisation", "结构：层次清楚，首尾完整，详略得当", 0.2),
        ("mechanics", "书写与规范：字词、标点正确，格式规范，字数足够", 0.1),
    ),
    "en": (
        ("content", "Content: covers all points of the task, to the point", 0.3),
        ("organisation", "Organisation: clear order, paragraphs and linking words", 0.2),
        ("vocabulary", "Vocabulary: exact and varied words", 0.2),
        ("grammar", "Grammar: correct and varied sentences", 0.2),
        ("mechanics", "Mechanics: spelling, punctuation, capital letters, length", 0.1),
    ),
}
_BY_TEXT = {text: name for each in _DIMENSIONS.values() for name, text, _ in each}


def dimensions(language: str) -> tuple[tuple[str, float], ...]:
    """(Criterion, share of the points) of an essay in `en`, else in Chinese; the weightiest first where points are few."""
    return tuple((text, share) for _, text, share in _DIMENSIONS["en" if language == "en" else "zh"])


def dimension_of(criterion: str) -> Dimension | None:
    """Which dimension a criterion is; None for one of a school's rubric."""
    return _BY_TEXT.get(criterion)

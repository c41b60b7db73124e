"""Question numbers as a reader cites them."""

from collections.abc import Sequence

from contracts.notation.labels import runs


def cite_zh(labels: Sequence[str]) -> str:
    """第1–4、7题."""
    return f"第{'、'.join(runs(labels))}题"


def cite_en(labels: Sequence[str]) -> str:
    """Questions 1–4, 7."""
    parts = runs(labels)
    return f"question {parts[0]}" if len(labels) == 1 else f"questions {', '.join(parts)}"


def brief_en(labels: Sequence[str]) -> str:
    """Q1–4, 7: where there is little room."""
    return f"Q{', '.join(runs(labels))}"

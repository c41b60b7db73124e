"""Figures and names cut to what a page has room for."""


def points(value: float | None) -> str:
    """Points without needless decimals; a dash when there are none."""
    return "—" if value is None else f"{round(value, 2):g}"


def percent(share: float) -> int:
    """A whole percentage, never rounded up to 100."""
    return min(round(share * 100), 99) if share < 1 else 100


def short(text: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"

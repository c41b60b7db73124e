"""Figures for pages: quantiles, bars as SVG, and text between a page's markers."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

Panel = tuple[str, str, Sequence[tuple[str, float]]]
"""Title, format of a value, (label, value) of each bar."""

_LABEL, _WIDTH, _BAR, _GAP, _TITLE = 260, 360, 18, 6, 26
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2933}.t{font-weight:600}rect{fill:#9aa5b1}.us{fill:#c0392b}"
    "@media(prefers-color-scheme:dark){text{fill:#e4e7eb}}"
)


def bars(panels: Sequence[Panel], ours: str = "Redink") -> str:
    """Horizontal bars, a group per panel on its own scale; those whose label begins with `ours` are in colour."""
    y, parts = 0, []
    for title, form, rows in panels:
        y += _TITLE
        parts.append(f'<text class="t" x="0" y="{y - 8}">{escape(title)}</text>')
        most = max((value for _, value in rows), default=0.0) or 1.0
        for label, value in rows:
            width = max(1.0, value / most * _WIDTH)
            mark = ' class="us"' if label.startswith(ours) else ""
            parts += [
                f'<text x="0" y="{y + 13}">{escape(label)}</text>',
                f'<rect{mark} x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR}"/>',
                f'<text x="{_LABEL + width + 6:.1f}" y="{y + 13}">{escape(form.format(value))}</text>',
            ]
            y += _BAR + _GAP
        y += _GAP
    size = f'width="{_LABEL + _WIDTH + 80}" height="{y}" viewBox="0 0 {_LABEL + _WIDTH + 80} {y}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{_STYLE}</style>\n{body}\n</svg>\n'


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`; ValueError when the page has no such place."""
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = old.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page} has no place {begin} … {end}")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share doesn't exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan

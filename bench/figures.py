"""Figures for pages: quantiles, bars as SVG, and text between a page's markers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Curve:
    """A panel of `curves`: points (x, y) in the order in which they are joined, one of them marked, and what is aimed at:
    all points right of and above `goal`.
    """

    title: str
    points: Sequence[tuple[float, float]]
    marked: tuple[float, float] | None = None
    goal: tuple[float, float] | None = None


_SIDE, _HIGH, _LEFT, _FOOT, _COLUMNS = 210, 130, 44, 50, 3
_CURVE_STYLE = (
    _STYLE + "text{font-size:12px}.axis,.grid{fill:none;stroke:#9aa5b1}.grid{stroke-dasharray:2 4}"
    ".goal{fill:#3ba55d;opacity:.18}.line{fill:none;stroke:#c0392b;stroke-width:2}.at{fill:#c0392b}"
)


def curves(panels: Sequence[Curve], x: str, y: str, bottom: float) -> str:
    """Small panels with one line each, x from 0 to 1, y from `bottom` to 1; what lies lower runs along the bottom."""

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * _SIDE, (1 - max(bottom, point[1])) / (1 - bottom) * _HIGH

    parts = []
    wide, tall = _LEFT + _SIDE + 26, _TITLE + _HIGH + _FOOT
    for number, panel in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        parts.append(f'<g transform="translate({column * wide + _LEFT},{row * tall + _TITLE})">')
        parts.append(f'<text class="t" x="0" y="-10">{escape(panel.title)}</text>')
        if panel.goal:
            left, floor = place(panel.goal)
            parts.append(f'<rect class="goal" x="{left:.1f}" y="0" width="{_SIDE - left:.1f}" height="{floor:.1f}"/>')
        parts.append(f'<path class="axis" d="M0 0V{_HIGH}H{_SIDE}"/>')
        for tick in range(1, 5):
            level = bottom + (1 - bottom) * tick / 4
            down = place((0, level))[1]
            parts.append(f'<path class="grid" d="M0 {down:.1f}H{_SIDE}"/>')
            parts.append(f'<text x="-6" y="{down + 4:.1f}" text-anchor="end">{level:.2f}</text>')
            parts.append(f'<text x="{_SIDE * tick / 4:.1f}" y="{_HIGH + 15}" text-anchor="middle">{tick / 4:g}</text>')
        joined = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(place, panel.points))
        parts.append(f'<polyline class="line" points="{joined}"/>')
        if panel.marked:
            at = place(panel.marked)
            parts.append(f'<circle class="at" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="4"/>')
        parts.append(f'<text x="{_SIDE}" y="{_HIGH + 31}" text-anchor="end">{escape(x)}</text></g>')
    width, height = _COLUMNS * wide, 12 + tall * math.ceil(len(panels) / _COLUMNS)
    parts.append(f'<text x="0" y="{height - 6}">up: {escape(y)}</text>')
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{_CURVE_STYLE}</style>\n{body}\n</svg>\n'


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`; ValueError when the page has no such place."""
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = old.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page} has no place {begin} … {end}")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def replaced(text: str, name: str, lines: list[str]) -> str:
    """`text` with what stands between the part's two comments replaced; ValueError when it has no such part."""
    head, _, tail = _parted(text, name)
    return "\n".join([f"{head}<!-- {name} -->", *lines, f"<!-- end of {name} -->{tail}"])


def part(text: str, name: str) -> str:
    """What stands between the part's two comments; ValueError when `text` has no such part."""
    return _parted(text, name)[1].strip()


def _parted(text: str, name: str) -> tuple[str, str, str]:
    head, found, rest = text.partition(f"<!-- {name} -->")
    within, closed, tail = rest.partition(f"<!-- end of {name} -->")
    if not (found and closed):
        raise ValueError(f"no part {name!r}")
    return head, within, tail


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share doesn't exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan

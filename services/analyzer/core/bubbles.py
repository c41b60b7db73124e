"""Answer cards: which bubbles are marked, by a threshold that each page sets for itself."""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Bubble, Page, Reading
from services.analyzer.core.evidence import Found, Piece

_MIN_GAP = 0.12
"""Fill between the emptiest marked and the fullest unmarked bubble below which a page has no two kinds of bubbles."""
_DEFAULT = 0.5
_HALF_FULL = 0.1
"""Share of half-full bubbles above which a page is no answer card."""


@dataclass(frozen=True)
class Threshold:
    """Fill from which a bubble of this page is marked; `empty` and `full`: typical fill of both kinds."""

    at: float
    empty: float
    full: float

    def surety(self, fill: float) -> float:
        """How clearly `fill` is on its side: 0.5 at the threshold, 1 at the typical fill of its kind."""
        edge = self.full if fill >= self.at else self.empty
        span = abs(edge - self.at)
        return 0.5 + 0.5 * min(1.0, abs(fill - self.at) / span if span > 0 else 1.0)


def threshold(page: Page) -> Threshold:
    """The page's threshold: the cut with the least variance inside both sides (Otsu 1979), exactly, over all cuts."""
    fills = sorted(b.fill for b in page.bubbles)
    sums, count = list(accumulate(fills)), len(fills)
    best: tuple[float, Threshold] | None = None
    for i in range(1, count):
        below, above = fills[i - 1], fills[i]
        a, b = sums[i - 1] / i, (sums[-1] - sums[i - 1]) / (count - i)
        between = i * (count - i) * (b - a) ** 2
        if best is None or between > best[0]:
            best = (between, Threshold((below + above) / 2 if above - below > _MIN_GAP else (a + b) / 2, a, b))
    if best is None or best[1].full - best[1].empty < 2 * _MIN_GAP:
        return Threshold(_DEFAULT, 0.2, 0.8)
    return best[1]


def is_card(page: Page) -> bool:
    """Whether the page's bubbles are of two kinds: where much is half full, boxes of print were taken for bubbles."""
    limit = threshold(page)
    reach = 0.3 * (limit.full - limit.empty)
    between = sum(abs(b.fill - limit.at) < reach for b in page.bubbles)
    return between <= _HALF_FULL * len(page.bubbles)


def marked(question: Question, reading: Reading, *, multiple: bool) -> Found | None:
    """The letters marked in the question's bubble groups; None when it has no bubbles."""
    pages = {p.page: p for p in reading.pages}
    letters, surety, pieces, doubt = [], 1.0, [], False
    seen = False
    for ref in question.bubbles:
        page = pages.get(ref.page)
        group = sorted((b for b in page.bubbles if b.group == ref.group), key=lambda b: b.index) if page else []
        if page is None or len(group) < 2 or not is_card(page):
            continue
        seen = True
        limit = threshold(page)
        chosen = _chosen(group, limit, multiple=multiple)
        letters += [b.label for b in chosen]
        surety = min([surety, *(limit.surety(b.fill) for b in group)])
        doubt |= not multiple and len(chosen) > 1
        doubt |= not chosen and len(group) < _usual(page)  # the marked one may be what was not found
        pieces += [Piece("cell", ref.page, b.box, b.label, limit.surety(b.fill)) for b in chosen]
    if not seen:
        return None
    answer = "".join(sorted(set(letters)))
    return Found(answer, "bubble" if answer else "bubble_blank", surety, tuple(pieces), doubt)


def _usual(page: Page) -> int:
    """How many bubbles most groups of a page have."""
    sizes = Counter(Counter(b.group for b in page.bubbles).values())
    return sizes.most_common(1)[0][0]


def _chosen(group: list[Bubble], limit: Threshold, *, multiple: bool) -> list[Bubble]:
    """Marked bubbles; an erased one, much paler than its neighbour, is not among them."""
    over = [b for b in group if b.fill >= limit.at]
    if len(over) < 2:
        return over
    darkest = max(b.fill for b in over)
    share = 0.5 if multiple else 0.7
    return [b for b in over if b.fill - limit.empty >= share * (darkest - limit.empty)]

"""Where a page may say who wrote it: strips that nobody outside may see. Pure.

Wide rather than narrow: a strip goes from edge to edge, as names are written beside, above and below their labels, and a line
that only looks like a label costs a model one line of the picture.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from contracts.artefacts.paper import Paper
from contracts.artefacts.reading import Page
from contracts.artefacts.submission import Submission
from contracts.base import Box

_LABEL = re.compile(
    r"姓名|名字|班级|班别|学号|学籍号|考号|考生|准考证|座位号|座号|考场|学校|密封线|装订线|监考|条形码|条码|二维码"
    r"|\b(?:name|class|form|school|seat|student|candidate|centre|center|bar ?code)\s*(?:no|number|id)?\s*(?:[:_.]|$)",
    re.IGNORECASE,
)
_HEAD, _MARGIN = 0.25, 0.2
"""Of the page's height and width: up to the edge, whatever stands above such a label at the top or beside one at the side."""


def private_words(submission: Submission, paper: Paper) -> tuple[str, ...]:
    """The pupil's name, number and class, as far as they are known, in one spelling."""
    header = paper.header
    known = (header.name, header.number, header.class_, submission.student_id, submission.class_id)
    return tuple(word for text in known if text and len(word := _spelt(text)) > 1)


def strips(page: Page, private: Sequence[str]) -> list[Box]:
    """Boxes of the page to be painted over: every line that has a label or one of the private words, with room around."""
    texts = [(line.text, _upright(line.box)) for line in page.lines]
    texts += [(spot.text, spot.box) for spot in page.spots if spot.text]
    return [_strip(box, page) for text, box in texts if _tells(text, private)]


def _tells(text: str, private: Iterable[str]) -> bool:
    plain = _spelt(text)
    spaced = unicodedata.normalize("NFKC", text)
    return bool(_LABEL.search(plain) or _LABEL.search(spaced)) or any(word in plain for word in private)


def _spelt(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _upright(quad: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return min(xs), min(ys), max(xs), max(ys)


def _strip(box: Box, page: Page) -> Box:
    """From edge to edge along the line, and a line's height beyond it; what runs down the page at its side likewise."""
    x0, y0, x1, y1 = box
    if y1 - y0 > 1.5 * (x1 - x0):
        room = x1 - x0
        left = 0.0 if x1 < _MARGIN * page.width else x0 - room
        right = float(page.width) if x0 > (1 - _MARGIN) * page.width else x1 + room
        return left, 0.0, right, float(page.height)
    room = y1 - y0
    top = 0.0 if y1 < _HEAD * page.height else y0 - room
    return 0.0, top, float(page.width), y1 + room

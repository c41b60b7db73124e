"""The criteria that an answer is graded by: the school's rubric, or what its reference answer is made of."""

import hashlib
import re
from dataclasses import dataclass, replace

from contracts.artefacts.paper import QuestionType
from contracts.artefacts.submission import KeyItem
from services.analyzer.core.keys import key_text
from services.analyzer.essay.dimensions import dimensions

_PARTS = re.compile(r"[\n;；]+|(?=[①-⑳])|(?<=。)")
_MOST_PARTS = 8
_POINT = "写出要点：{}"
_DECOYS = (
    ("写出了答题所用钢笔的品牌和购买日期", ("钢笔", "fountain pen")),
    ("说明了昨天晚餐的菜单以及价格", ("晚餐", "dinner")),
    ("给出了一趟航班的航班号和座位号", ("航班", "flight")),
    ("列出了三家汽车修理厂的营业时间", ("修理厂", "garage", "repair shop")),
    ("记录了邻居家猫的体重变化曲线", ("邻居", "neighbo")),
    ("注明了所住酒店的房间号码", ("酒店", "hotel")),
)
"""Criteria that no answer meets, and words by which an answer would show that it might, or a reply that it speaks of one.
One goes along with every rubric: a reply that finds points for it follows something else than the rubric.
"""


@dataclass(frozen=True)
class Criterion:
    """What earns `points`; a `decoy` (the words that tell of it) nothing can, and nobody is shown it."""

    id: str
    text: str
    points: float
    decoy: tuple[str, ...] = ()


def criteria_of(
    item: KeyItem | None, kind: QuestionType, maximum: float | None, language: str
) -> tuple[tuple[str, float], ...]:
    """(What earns points, how many) of a question, in the rubric's order; empty when nothing says it."""
    if item is not None and item.rubric:
        return tuple((each.criterion, each.points) for each in item.rubric)
    if not maximum:
        return ()
    if kind == "essay":
        wanted = dimensions(language)
        scores = shared_out(maximum, tuple(share for _, share in wanted))
        return tuple((text, score) for (text, _), score in zip(wanted, scores, strict=True) if score > 0)
    reference = key_text(item)
    if not reference or not reference.strip():
        return ()
    parts = key_points(reference)
    scores = shared_out(maximum, tuple(1.0 for _ in parts))
    if min(scores) <= 0:  # more parts than half points
        parts, scores = (reference.strip(),), (maximum,)
    return tuple((_POINT.format(part), score) for part, score in zip(parts, scores, strict=True))


def key_points(reference: str) -> tuple[str, ...]:
    """What a reference answer is made of: its numbered points, lines or sentences; itself when they are too many."""
    parts = tuple(part.strip() for part in _PARTS.split(reference) if len(part.strip()) > 1)
    return parts if 1 < len(parts) <= _MOST_PARTS else (reference.strip(),)


def shared_out(points: float, shares: tuple[float, ...]) -> tuple[float, ...]:
    """`points` by shares, in half points that add up: what rounding leaves goes to those that it took most from."""
    unit = 0.5 if points * 2 % 1 == 0 else points / (2 * len(shares))
    wanted = [points / unit * share / sum(shares) for share in shares]
    whole = [int(w + 1e-9) for w in wanted]
    left = round(points / unit) - sum(whole)
    for at in sorted(range(len(shares)), key=lambda i: (whole[i] - wanted[i], i))[:left]:
        whole[at] += 1
    return tuple(n * unit for n in whole)


def with_decoy(criteria: tuple[tuple[str, float], ...], context: str) -> tuple[Criterion, ...]:
    """The criteria with ids, and among them one that can't be met: which and where follows from a hash of `context`.

    So it is the same whenever the same is asked, and nobody who writes an answer knows where it stands.
    """
    number = int.from_bytes(hashlib.sha256(context.encode("utf-8", "replace")).digest()[:8], "big")
    told = context.casefold()
    free = [decoy for decoy in _DECOYS if not any(word in told for word in decoy[1])] or [_DECOYS[0]]
    text, words = free[number % len(free)]
    decoy = Criterion("", text, max(points for _, points in criteria), decoy=words)
    at = number // 64 % (len(criteria) + 1)
    wanted = [Criterion("", text, points) for text, points in criteria]
    return tuple(replace(c, id=f"c{i}") for i, c in enumerate([*wanted[:at], decoy, *wanted[at:]], 1))

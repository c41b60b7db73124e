"""Two readers' opinions of what stands in an answer place made one."""

from collections.abc import Mapping, Sequence

from services.ocr.core.hand.reader import HandReader
from services.ocr.core.raster import Image
from services.ocr.core.said import Judged

WEIGHT = 0.7
"""What the second reader's word counts beside the first one's."""
LEAST = 1e-3
"""Share that each reader leaves to everything, so that neither can forbid what the other sees."""


def seconded(
    judged: Sequence[Judged], crops: Sequence[Image], wanted: Sequence[Sequence[str]], hand: HandReader | None
) -> list[Judged]:
    """Readings with the admissible texts weighed by both readers; free readings stay the first one's."""
    asked = [index for index, texts in enumerate(wanted) if texts] if hand else []
    if hand is None or not asked:
        return list(judged)
    second = hand.judge([crops[i] for i in asked], [wanted[i] for i in asked])
    out = list(judged)
    for index, other in zip(asked, second, strict=True):
        out[index] = out[index]._replace(candidates=together(out[index].candidates, other.candidates))
    return out


def together(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """Shares of both readers as one: a weighted product of experts (Hinton, 2002), what is left to other texts included.

    A text that the second reader says nothing of keeps the first one's share.
    """
    known = [text for text in first if text in second]
    rest = 1 - sum(first.values())
    mass = rest + sum(first[text] for text in known)
    weighed = [_weighed(rest, 1 - sum(second.values())), *(_weighed(first[text], second[text]) for text in known)]
    scale = mass / sum(weighed)
    return dict(first) | {text: share * scale for text, share in zip(known, weighed[1:], strict=True)}


def _weighed(first: float, second: float) -> float:
    return float((max(0.0, first) + LEAST) * (max(0.0, second) + LEAST) ** WEIGHT)

"""What is told of looks, in the language of who took the photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from contracts.opening import Look
from services.gateway.core.advice import CODES, AdviceCode, sentence
from services.gateway.looks.watch import advice_of


@dataclass(frozen=True)
class Told:
    """Advice on one page: `page` and `file` as in `looks.watch.Advice`, `text` for users."""

    page: int | None
    file: int
    code: AdviceCode
    text: str


def told(looks: Mapping[int, Look], kinds: Sequence[str], locale: str) -> tuple[list[Told], bool]:
    """What to do better, and whether all pages were judged. `kinds`: the files' media types in order."""
    found, complete = advice_of(looks, kinds)
    known = [advice for advice in found if advice.code in CODES]  # an opener may be newer than this gateway
    views = []
    for advice in known:
        code = cast("AdviceCode", advice.code)
        views.append(Told(advice.page, advice.file, code, sentence(code, advice.page, advice.file, locale)))
    return views, complete

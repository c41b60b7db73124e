"""What is answered about a first look at an upload's files."""

from collections.abc import Mapping
from typing import Any, cast

from contracts.opening import Look
from services.gateway.api.views import AdviceView
from services.gateway.core.advice import CODES, AdviceCode, sentence
from services.gateway.core.problems import Code
from services.gateway.looks.watch import REFUSALS, advice_of
from services.gateway.upload import Received


def look_problems() -> tuple[Code, ...]:
    """What a look may refuse an upload with, beyond what is refused without one."""
    return tuple(code for code in REFUSALS.values() if code is not Code.UNSUPPORTED_MEDIA)


def advice_fields(looks: Mapping[int, Look], received: Received, locale: str) -> dict[str, Any]:
    """The fields `advice` and `advice_complete` of an answer."""
    found, complete = advice_of(looks, [file.media_type for file in received.files])
    views = []
    for advice in found:
        if advice.code in CODES:  # an opener may be newer than this gateway
            code = cast("AdviceCode", advice.code)
            text = sentence(code, advice.page, advice.file, locale)
            views.append(AdviceView(page=advice.page, file=advice.file, code=code, text=text))
    return {"advice": views, "advice_complete": complete}

"""What is answered about a first look at an upload's files."""

from collections.abc import Mapping
from typing import Any

from contracts.opening import Look
from services.gateway.api.exam_views import AdviceView
from services.gateway.core.problems import Code
from services.gateway.looks.advice import told
from services.gateway.looks.watch import REFUSALS
from services.gateway.upload import Received


def look_problems() -> tuple[Code, ...]:
    """What a look may refuse an upload with, beyond what is refused without one."""
    return tuple(code for code in REFUSALS.values() if code is not Code.UNSUPPORTED_MEDIA)


def advice_fields(looks: Mapping[int, Look], received: Received, locale: str) -> dict[str, Any]:
    """The fields `advice` and `advice_complete` of an answer."""
    found, complete = told(looks, [file.media_type for file in received.files], locale)
    return {"advice": [AdviceView(**vars(each)) for each in found], "advice_complete": complete}

"""What a model says of an essay beside the points of its dimensions, and what of it stands."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, cast, get_args

from pydantic import BeforeValidator

from contracts.artefacts.essay import Advice, EssayReview, Mistake, MistakeKind
from services.analyzer.essay.found import MOST, apart, corrected
from services.analyzer.essay.local import MOST_ADVICE
from services.analyzer.rubric.evidence import stands_in
from services.analyzer.rubric.replies import RubricReply, Said, shown

_KINDS = frozenset(get_args(MistakeKind))
_LONGEST = 200
"""Characters of a quote or a correction: longer ones rewrite the essay instead of correcting it."""


_MOST_SAID = 200


def _usable(value: Any) -> Any:
    """Of a list, the entries that have a shape: what else came along is no reason to throw the grade away."""
    return [each for each in value if isinstance(each, dict)][:_MOST_SAID] if isinstance(value, list) else []


class MistakeReply(Said):
    """A mistake as the model tells it: `context` is a longer passage around the quote, where the quote stands twice."""

    quote: str = ""
    context: str = ""
    kind: str = "other"
    correction: str | None = None
    why: str = ""


class AdviceReply(Said):
    """A suggestion with the passage of the essay that it is about."""

    text: str = ""
    quote: str = ""


class EssayReply(RubricReply):
    """What the model says of an essay."""

    mistakes: Annotated[list[MistakeReply], BeforeValidator(_usable)] = []
    suggestions: Annotated[list[AdviceReply], BeforeValidator(_usable)] = []


def merged(local: EssayReview, reply: EssayReply, text: str) -> EssayReview:
    """The review with what the model adds: mistakes that stand in the essay, advice on passages that do.

    Where a rule and the model speak of the same characters, the rule's word holds.
    """
    mistakes = apart([*local.mistakes, *_mistakes(reply.mistakes, text)])
    advice = [
        Advice(text=said, evidence=(each.quote.strip(),))
        for each in reply.suggestions
        if (said := shown(each.text)) and each.quote.strip() and stands_in(each.quote, text)
    ]
    return local.model_copy(
        update={
            "mistakes": tuple(mistakes[:MOST]),
            "left_out": local.left_out + max(0, len(mistakes) - MOST),
            "corrected": corrected(text, mistakes[:MOST]) if mistakes else local.corrected,
            "suggestions": (*advice, *local.suggestions)[:MOST_ADVICE],
        }
    )


def _mistakes(said: Sequence[MistakeReply], text: str) -> Iterator[Mistake]:
    for each in said:
        start = position(each.quote, each.context, text)
        if start is None or len(each.quote) > _LONGEST:
            continue
        correction = each.correction if each.correction is None else _clean(each.correction)
        if correction == each.quote or (correction is not None and len(correction) > _LONGEST):
            continue
        yield Mistake(
            start=start,
            end=start + len(each.quote),
            quote=each.quote,
            kind=cast("MistakeKind", each.kind) if each.kind in _KINDS else "other",
            correction=correction,
            explanation=shown(each.why),
            by="llm",
        )


def position(quote: str, context: str, text: str) -> int | None:
    """Where the quote stands, character by character: alone in the text, or in the only place of its context; else None."""
    if not quote.strip():
        return None
    if text.count(quote) == 1:
        return text.index(quote)
    if context and text.count(context) == 1 and context.count(quote) == 1:
        return text.index(context) + context.index(quote)
    return None


def _clean(correction: str) -> str:
    """Without what no correction needs: control characters, angle brackets."""
    return "".join(c for c in correction if (c.isprintable() or c == "\n") and c not in "<>")

"""No sentence without evidence: what cites no question of the paper, or one that is not there, is dropped."""

from collections.abc import Collection, Iterable

from contracts.artefacts.diagnosis import Cause, Suggestion
from services.diagnostic.core.wording import Words


def supported(text: str, labels: Collection[str], words: Words) -> bool:
    """Whether a sentence cites at least one question, and only questions of the paper."""
    cited = words.numbers_in(text)
    return bool(cited) and all(label in labels for label in cited)


def supported_texts(texts: Iterable[str], labels: Collection[str], words: Words) -> tuple[str, ...]:
    """The sentences that stand."""
    return tuple(text for text in texts if supported(text, labels, words))


def supported_advice(
    advice: Iterable[Suggestion], labels: Collection[str], numbers: Collection[str], words: Words
) -> tuple[Suggestion, ...]:
    """Advice whose text stands and whose evidence is of the paper."""
    return tuple(
        each
        for each in advice
        if supported(each.text, labels, words) and each.evidence and set(each.evidence) <= set(numbers)
    )


def supported_causes(causes: Iterable[Cause], answers: dict[str, str]) -> tuple[Cause, ...]:
    """Causes of the paper's questions whose quotes stand in what was written there or in its key.

    `answers`: per number, the student's answer and the key as one text.
    """
    return tuple(
        each
        for each in causes
        if each.number in answers
        and (each.quotes or each.kind == "blank")
        and all(quote in answers[each.number] for quote in each.quotes)
        and set(each.others) <= answers.keys()
    )

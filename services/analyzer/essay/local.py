"""What can be said of an essay without judgement: its measures, the mistakes that rules know, and what follows from both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.artefacts.essay import Advice, EssayReview, Measures, Mistake
from services.analyzer.core.words import Words
from services.analyzer.essay import chinese, english
from services.analyzer.essay.found import MOST, apart, corrected
from services.analyzer.essay.lengths import Span, length, measured, sentences
from services.analyzer.essay.sayings import ADVICE, RULES, UNITS, Lang

MOST_ADVICE = 6
_MANY = {"zh": 300, "en": 120}
"""Length from which an essay wants paragraphs."""
_LONG = {"zh": 100, "en": 45}
_SHOWN = {"zh": 24, "en": 60}


@dataclass(frozen=True)
class Essay:
    """An essay as the student wrote it. `typed`: every character is theirs, none was read from handwriting.

    `asked`: (least, most) length; `lang`: of what is said about it.
    """

    text: str
    language: Literal["zh", "en"]
    typed: bool
    asked: tuple[int | None, int | None]
    lang: Lang


def reviewed(essay: Essay, words: Words) -> EssayReview:
    """The review without a model. In handwriting nothing is called a mistake: it may have been misread."""
    spans = sentences(essay.text, essay.language)
    measures = measured(essay.text, essay.language, essay.asked, spans, typed=essay.typed)
    mistakes = _mistakes(essay, words) if essay.typed else []
    return EssayReview(
        language=essay.language,
        measures=measures,
        mistakes=tuple(mistakes[:MOST]),
        left_out=max(0, len(mistakes) - MOST),
        corrected=corrected(essay.text, mistakes[:MOST]),
        suggestions=tuple(_advice(essay, measures, spans))[:MOST_ADVICE],
    )


def _mistakes(essay: Essay, words: Words) -> list[Mistake]:
    found = english.flaws(essay.text, words) if essay.language == "en" else chinese.flaws(essay.text)
    return apart(
        Mistake(
            start=flaw.start,
            end=flaw.end,
            quote=essay.text[flaw.start : flaw.end],
            kind=flaw.kind,
            correction=flaw.right,
            explanation=RULES[essay.lang][flaw.rule],
            by="rules",
        )
        for flaw in found
    )


def _advice(essay: Essay, measures: Measures, spans: Sequence[Span]) -> Iterator[Advice]:
    say, unit = ADVICE[essay.lang], UNITS[essay.lang][measures.unit]
    count = measures.length
    if measures.least is not None and count < measures.least:
        text = say["short"].format(least=measures.least, length=count, gap=measures.least - count, unit=unit)
        yield Advice(text=text)
    if measures.most is not None and count > measures.most:
        text = say["long"].format(most=measures.most, length=count, gap=count - measures.most, unit=unit)
        yield Advice(text=text)
    if measures.paragraphs == 1 and count >= _MANY[essay.language]:
        yield Advice(text=say["one_paragraph"].format(length=count, unit=unit))
    if measures.longest_sentence > _LONG[essay.language]:
        longest = max(spans, key=lambda s: length(essay.text[s.start : s.end], essay.language))
        quote = essay.text[longest.start : longest.end][: _SHOWN[essay.language]]
        yield Advice(text=say["long_sentence"].format(length=measures.longest_sentence, unit=unit), evidence=(quote,))
    for each in measures.repeated:
        again = "sentence_again" if len(each.text) > _SHOWN["zh"] // 2 else "word_again"
        shown = each.text if len(each.text) <= _SHOWN["en"] else each.text[: _SHOWN["en"]] + "…"
        yield Advice(text=say[again].format(text=shown, count=each.count))

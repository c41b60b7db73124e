"""Essays: what a client sends as one, and what is said of an essay beside its score.

Positions count Unicode code points of the student's answer as it stands in the result.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.base import Contract

Dimension = Literal["content", "organisation", "language", "vocabulary", "grammar", "mechanics"]
"""内容与立意, 结构, 语言, 词汇, 语法, 书写与规范. Chinese essays are graded by content, organisation, language and mechanics."""

MistakeKind = Literal["spelling", "grammar", "wording", "punctuation", "repetition", "format", "other"]

LONGEST = 8_000
"""Characters of an essay that may be sent: what a language model is asked about."""


class EssayTask(Contract):
    """An essay that was sent as text, and what it was to be. `least` and `most`: its length as asked for, in characters
    of Chinese or in English words; what `prompt` or `requirements` say of it counts where they are not given.
    """

    content: str = Field(min_length=1, max_length=LONGEST)
    prompt: str | None = None
    requirements: str | None = None
    least: int | None = Field(default=None, ge=1)
    most: int | None = Field(default=None, ge=1)


class Mistake(Contract):
    """One mistake: `quote` stands at characters `start` to `end` of the answer. `correction`: what should stand there
    ("" takes it away), null where nobody says. `by`: `rules` can't be wrong about it; `llm` proposed it.
    """

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    quote: str
    kind: MistakeKind
    correction: str | None = None
    explanation: str | None = None
    by: Literal["rules", "llm"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.end - self.start != len(self.quote):
            raise ValueError("start and end must be those of the quote")
        return self


class Repeated(Contract):
    """Words, or a whole sentence, and how often they stand in the essay."""

    text: str
    count: int = Field(ge=2)


class Measures(Contract):
    """What can be counted. `length`: Chinese characters with punctuation, a foreign word as one; English words.

    `least`, `most`: the length asked for. `approximate`: read from handwriting, where paragraphs can't be told (null).
    `longest_sentence`: in the same unit as `length`.
    """

    unit: Literal["characters", "words"]
    length: int = Field(ge=0)
    least: int | None = None
    most: int | None = None
    approximate: bool = False
    paragraphs: int | None = None
    sentences: int = 0
    longest_sentence: int = 0
    repeated: tuple[Repeated, ...] = ()


class Advice(Contract):
    """One piece of advice; `evidence`: passages of the essay, word for word. Empty only where it rests on a measure."""

    text: str
    evidence: tuple[str, ...] = ()


class EssayReview(Contract):
    """What is said of an essay beside its score, whose dimensions are the `criteria` of the answer.

    `mistakes` in their order, none over another. `corrected`: the essay with all their corrections, null without any.
    `language`: of the essay. `left_out`: mistakes that were found beyond those listed.
    """

    language: Literal["zh", "en"]
    measures: Measures
    mistakes: tuple[Mistake, ...] = ()
    left_out: int = 0
    corrected: str | None = None
    suggestions: tuple[Advice, ...] = ()

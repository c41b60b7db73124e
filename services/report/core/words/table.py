"""What a language's table of words has to have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.artefacts.analysis import GradedBy, Verdict
from contracts.artefacts.paper import QuestionType
from contracts.artefacts.submission import Subject

Lang = Literal["zh", "en"]


@dataclass(frozen=True)
class Words:
    """One language. `label`: words of the templates; `say`: sentences with places for figures.

    `cite` names questions in a sentence, `brief` where there is little room; `listed` and `ended` part words and clauses.
    """

    lang: Lang
    tag: str
    subjects: Mapping[Subject, str]
    grades: Sequence[str]
    types: Mapping[QuestionType, str]
    verdicts: Mapping[Verdict, str]
    graded_by: Mapping[GradedBy, str]
    quality: Mapping[str, str]
    label: Mapping[str, str]
    say: Mapping[str, str]
    question: Callable[[str], str]
    cite: Callable[[Sequence[str]], str]
    brief: Callable[[Sequence[str]], str]
    listed: str
    ended: str

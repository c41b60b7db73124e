"""What parser stores: the structure of the paper."""

from typing import Literal

from pydantic import Field

from contracts.base import Box, Contract, Share

QuestionType = Literal[
    "single_choice", "multiple_choice", "true_false", "fill_blank", "short_answer", "calculation", "essay", "composite"
]  # fmt: skip


class Region(Contract):
    """Part of a question on one page or column: stem, options, figure and answer space."""

    page: int = Field(ge=1)
    box: Box


class KnowledgePoint(Contract):
    """知识点. `code` is stable within its taxonomy."""

    code: str
    name: str
    confidence: Share


class Header(Contract):
    """What the head of the paper says; null where it says nothing readable."""

    title: str | None = None
    subject: str | None = None
    name: str | None = None
    class_: str | None = Field(default=None, alias="class", serialization_alias="class")
    number: str | None = None

    model_config = Contract.model_config | {"populate_by_name": True}


class Section(Contract):
    """大题: `number` as printed (一, 二, ...), title, and its scoring rule when printed."""

    number: str
    title: str = ""
    type: QuestionType | None = None
    item_score: float | None = None
    total_score: float | None = None


class LineRef(Contract):
    """A line of the reading: `pages[page - 1].lines[index]`; `start`:`end` are characters of it."""

    page: int
    index: int
    start: int = 0
    end: int | None = None


class SpotRef(Contract):
    """A spot of the reading: `pages[page - 1].spots[index]`."""

    page: int
    index: int


class BubbleRef(Contract):
    """A group of bubbles of the reading: those of `pages[page - 1].bubbles` with this `group`."""

    page: int
    group: int


class Question(Contract):
    """题目 or 小题. A sub-question is an entry of its own ("17(1)"), its parent is `composite`.

    `text`: printed stem. `lines`: handwritten lines within its regions, in reading order; `spots`: its answer places,
    in reading order; `bubbles`: its row on an answer card. `marks`: indices (page, i) of teacher's marks in it.
    `facility`: the share of its points that is usually earned, where the school says so; else `difficulty` is a guess.
    `missing`: not found on the pages, though the answer key or the numbers around it say that it is on the paper.
    """

    number: str
    path: tuple[str, ...]
    type: QuestionType
    text: str = ""
    options: dict[str, str] = {}
    max_score: float | None = None
    regions: tuple[Region, ...] = ()
    lines: tuple[LineRef, ...] = ()
    spots: tuple[SpotRef, ...] = ()
    bubbles: tuple[BubbleRef, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()
    blanks: int = 0
    knowledge_points: tuple[KnowledgePoint, ...] = ()
    difficulty: Share | None = None
    facility: Share | None = None
    missing: bool = False


class Paper(Contract):
    """parser's artefact.

    `page_order`: the uploaded pages' numbers in the order printed on them, empty when that is how they were uploaded.
    `missing_pages`: printed numbers of pages that were not uploaded. `other_cards`: answer cards in a photo beside its first
    one, which alone counts.
    """

    header: Header
    sections: tuple[Section, ...] = ()
    questions: tuple[Question, ...] = ()
    kind: Literal["paper", "answer_card", "essay", "other"] = "paper"
    total_score: float | None = None
    page_order: tuple[int, ...] = ()
    missing_pages: tuple[int, ...] = ()
    other_cards: int = 0
    cpu_seconds: float = 0.0

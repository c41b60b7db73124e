"""The class report as a document: `redink.class_report.v1`. What can't be said is listed, never left out silently."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.artefacts.paper import QuestionType
from services.gateway.classreport.core.items import Flag

Disclosure = Literal["band", "score", "none"]
Band = Literal["excellent", "good", "pass", "below"]

Figure = Literal["comparisons", "reliability", "measurement_error", "intervals_of_points", "distribution"]

BANDS: tuple[tuple[Band, float], ...] = (("excellent", 0.85), ("good", 0.7), ("pass", 0.6), ("below", 0.0))
"""From which share of the points on; 优秀, 良好, 合格, 待合格."""


class Part(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Interval(Part):
    """95 % unless said otherwise."""

    low: float
    high: float


class Unsaid(Part):
    """A figure that the data don't carry."""

    what: Figure
    why: Literal["too_few_students", "too_few_on_same_items", "no_variation", "negative_alpha", "too_little_graded"]
    needs: int | None = Field(default=None, description="Students.")
    has: int | None = Field(default=None, description="Students.")
    detail: str = Field(examples=["needs 20 students who were graded on the same two items or more; there are 12"])


class OptionRow(Part):
    """How often an option was chosen; shares of all, of the upper and of the lower 27 % by rest score."""

    label: str = Field(description="A letter, √ or ×, or blank, unread, other.")
    key: bool
    count: int
    share: float
    upper: float | None
    lower: float | None
    r: float | None = Field(description="Point-biserial of choosing it with the rest score.")
    idle: bool = Field(description="A distractor that fewer than 5 % chose.")


class CommonWrong(Part):
    """The commonest wrong answer, when at least three gave it."""

    answer: str
    count: int


class ItemRow(Part):
    """One question."""

    number: str = Field(description="As printed; with its section where a number occurs twice.")
    path: tuple[str, ...]
    type: QuestionType
    max_score: float
    key: str | None
    knowledge_points: tuple[str, ...]
    graded: int
    missing: int = Field(description="Students whose answer was not graded; they count nowhere as 0.")
    blank: int
    needs_review: int = Field(description="Graded, and not certain: a teacher's look may change it.")
    facility: float | None = Field(description="Mean share of the points; higher is easier.")
    facility_interval: Interval | None = Field(description="Wilson; on the wide side for partial credit.")
    point_biserial: float | None = Field(description="Corrected: with the sum of the other items.")
    discrimination: float | None = Field(description="Facility in the upper minus that in the lower 27 %.")
    options: tuple[OptionRow, ...]
    common_wrong: CommonWrong | None
    flags: tuple[Flag, ...]
    suspected_key: str | None = Field(description="The option that looks like the true key, when `miskey` is flagged.")
    lost: float | None = Field(description="Points lost per student.")


class PointRow(Part):
    """One knowledge point: shares of its points that were earned."""

    code: str
    name: str
    items: tuple[str, ...] = Field(description="Numbers of the questions it rests on.")
    students: int
    mean: float
    interval: Interval | None
    upper: float | None
    middle: float | None
    lower: float | None
    classes: dict[str, float] = Field(description="By class_id, of classes with at least 5 students.")


class Reteach(Part):
    """A question to teach again."""

    number: str
    sure: bool = Field(description="Even the upper end of the facility's interval is below 60 %.")
    facility: float
    lost: float
    knowledge_points: tuple[str, ...]


class BinRow(Part):
    """Students whose share of the points is from `low` to under `high` (1 included in the last)."""

    low: float
    high: float
    count: int


class BandRow(Part):
    """Students by band."""

    band: Band
    from_: float = Field(alias="from")
    count: int


class Distribution(Part):
    """Of the students who were graded on most of the points. Extremes are shown with disclosure=score only."""

    students: int
    mean: float
    sd: float | None
    median: float
    quartiles: tuple[float, float]
    lowest: float | None
    highest: float | None
    bins: tuple[BinRow, ...]
    bands: tuple[BandRow, ...]


class Reliability(Part):
    """Cronbach's alpha (KR-20 for right-or-wrong items), Feldt's interval, and the standard error of measurement."""

    alpha: float
    interval: Interval
    students: int
    items: tuple[str, ...]
    left_out: tuple[str, ...] = Field(description="Items that too many students were not graded on.")
    sem: float | None = Field(description="Points, on the sum of `items`.")
    sem_share: float | None


class StudentRow(Part):
    """One student, in the order of the batch: never by score."""

    exam_id: str
    student_id: str
    class_id: str | None
    band: Band | None = Field(description="Null when too little was graded to compare.")
    earned: float | None = Field(default=None, description="With disclosure=score only.")
    graded_max: float | None = Field(default=None, description="Points of what was graded; with disclosure=score only.")


class Coverage(Part):
    """What the report rests on."""

    papers: int = Field(description="Of the batch.")
    reported: int = Field(description="Completed exams that the report is about.")
    not_completed: int
    other: int = Field(description="Completed, and not asked for.")
    unreadable: int = Field(description="Completed, and their result could not be read.")
    stray_questions: int = Field(description="Question numbers that too few papers show to belong to the paper.")


class ClassReport(Part):
    """What a batch says of the class. Null figures are explained in `unsaid`."""

    schema_: Literal["redink.class_report.v1"] = Field(default="redink.class_report.v1", alias="schema")
    batch_id: str
    name: str | None
    title: str | None
    subject: str
    grade: int
    classes: tuple[str, ...]
    disclosure: Disclosure
    coverage: Coverage
    unsaid: tuple[Unsaid, ...]
    distribution: Distribution | None
    reliability: Reliability | None
    items: tuple[ItemRow, ...]
    alarms: tuple[str, ...] = Field(description="Numbers of questions whose key looks wrong: check them first.")
    reteach: tuple[Reteach, ...]
    knowledge_points: tuple[PointRow, ...]
    students: tuple[StudentRow, ...]

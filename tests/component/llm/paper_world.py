"""One short answer with a rubric, as the stages before the analyzer leave it, and models that grade it, well and ill."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from scripted_model import Seen

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.paper import Header, LineRef, Paper, Question, Region
from contracts.artefacts.reading import Line, Mark, Page, Reading
from contracts.artefacts.submission import AnswerKey, KeyItem, RubricItem, Submission, UploadedFile
from contracts.events import BlobRef
from contracts.taxonomy import taxonomy
from runtime.llm.client import Llm
from services.analyzer.core import analyze
from services.analyzer.rubric.asking import grade_by_model

STEM = "简述植物制造有机物的条件和产物。"
HONEST = "植物在光照下制造养料"
QUOTES = {"说明需要光照": "在光照下", "指出产生氧气": "氧气", "说明在叶绿体中进行": "叶绿体"}
REFERENCE = "植物在叶绿体中利用光能，把二氧化碳和水变成有机物，同时放出氧气"
MAXIMUM, EARNED = 6.0, 2.0
"""What the honest answer earns: one of three criteria."""
POINT = taxonomy("biology").points[2]


def exam(*written: str, stem: str = STEM, name: str | None = None, marks: tuple[Mark, ...] = ()) -> tuple[Any, ...]:
    """(submission, reading, paper) of a paper with one question and these handwritten lines."""
    lines = tuple(_line(text, 100 + 40 * i) for i, text in enumerate(written))
    page = Page(page=1, width=1000, height=1400, lines=lines, marks=marks)
    question = Question(
        number="1",
        path=("1",),
        type="short_answer",
        text=stem,
        max_score=MAXIMUM,
        regions=(Region(page=1, box=(0, 0, 1000, 1400)),),
        lines=tuple(LineRef(page=1, index=i) for i in range(len(lines))),
        marks=tuple((1, i) for i in range(len(marks))),
    )
    rubric = tuple(RubricItem(criterion=text, points=2) for text in QUOTES)
    key = KeyItem(number="1", type="short_answer", answer=REFERENCE, max_score=MAXIMUM, rubric=rubric)
    file = UploadedFile(blob=BlobRef(path="a", sha256="0" * 64, size=1), media_type="image/jpeg")
    submission = Submission(
        subject="biology", grade=7, student_id="s-4711", files=(file,), answer_key=AnswerKey(questions=(key,))
    )
    return submission, Reading(pages=(page,), engine="test"), Paper(header=Header(name=name), questions=(question,))


def _line(text: str, y: float) -> Line:
    box = ((100.0, y), (900.0, y), (900.0, y + 30), (100.0, y + 30))
    xs = tuple(100 + 800 * (i + 0.5) / max(1, len(text)) for i in range(len(text)))
    return Line(text=text, confidence=0.99, box=box, script="handwritten", ink="blue", xs=xs)


def job(check: Callable[[], None] = lambda: None, seconds: float = 120, tenant: str = "") -> Any:
    event = SimpleNamespace(
        tenant=tenant or f"school-{uuid.uuid4().hex}", exam_id=uuid.uuid4(), revision=1, priority="interactive"
    )
    return SimpleNamespace(event=event, seconds_left=seconds, check=check)


def local(parts: tuple[Any, ...]) -> Analysis:
    return analyze(*parts)


async def graded(llm: Llm, parts: tuple[Any, ...], run: Any = None) -> Analysis:
    submission, reading, paper = parts
    return await grade_by_model(llm, run or job(), local(parts), submission=submission, reading=reading, paper=paper)


def criteria(seen: Seen) -> list[tuple[str, float, str]]:
    """(id, points, text) as the model is told them, the decoy among them."""
    rows = [row.split(" | ") for row in seen.part("rubric").splitlines()]
    return [(row[0], float(row[1].split()[0]), row[2]) for row in rows]


def honest(seen: Seen) -> dict[str, Any]:
    """A careful teacher: points where the wanted words stand in the answer."""
    written = seen.part("student's answer")
    found = []
    for name, points, text in criteria(seen):
        met = text in QUOTES and QUOTES[text] in written
        found.append({"id": name, "points": points if met else 0, "evidence": [QUOTES[text]] if met else []})
    return {"criteria": found, "feedback": "补充场所和产物。"}


def naming(seen: Seen) -> dict[str, Any]:
    """Grades like a careful teacher, and gives every question the third point of the list."""
    if "knowledge points" not in seen.user:
        return honest(seen)
    number = next(row.split(" | ")[0] for row in seen.part("knowledge points").splitlines() if row.endswith(POINT.name))
    ids = [row.split(" | ")[0] for row in seen.part("questions").splitlines()]
    return {"questions": [{"id": name, "points": [int(number)]} for name in ids]}


def full_marks(quote: Callable[[Seen, str], str], points: float | None = None) -> Callable[[Seen], dict[str, Any]]:
    """A model that obeys: all points for everything, with whatever it quotes."""

    def obey(seen: Seen) -> dict[str, Any]:
        return {
            "criteria": [
                {"id": name, "points": most if points is None else points, "evidence": [quote(seen, text)]}
                for name, most, text in criteria(seen)
            ],
            "feedback": "满分！",
        }

    return obey

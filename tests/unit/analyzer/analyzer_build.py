"""Small builders of readings and papers for the analyzer's tests."""

from collections.abc import Mapping, Sequence

from contracts.artefacts.paper import BubbleRef, Header, LineRef, Paper, Question, QuestionType, Region, SpotRef
from contracts.artefacts.reading import Bubble, Line, Mark, Page, Reading, Spot
from contracts.artefacts.submission import AnswerKey, KeyItem, Submission, UploadedFile
from contracts.base import Box
from contracts.events import BlobRef


def line(text: str, at: Box = (100, 100, 300, 130), script: str = "handwritten", ink: str = "blue") -> Line:
    x0, y0, x1, y1 = at
    step = (x1 - x0) / max(1, len(text))
    xs = tuple(x0 + step * (i + 0.5) for i in range(len(text)))
    return Line.model_validate(
        {
            "text": text,
            "confidence": 0.98,
            "box": ((x0, y0), (x1, y0), (x1, y1), (x0, y1)),
            "script": script,
            "ink": ink,
            "xs": xs,
        }
    )


def spot(
    text: str = "", candidates: Mapping[str, float] | None = None, at: Box = (100, 100, 200, 130), kind: str = "bracket"
) -> Spot:
    inked = bool(text or candidates)
    return Spot.model_validate(
        {"kind": kind, "box": at, "ink": 0.1 if inked else 0.0, "text": text, "confidence": 0.97 if inked else 0.0,
         "candidates": dict(candidates or {})}
    )  # fmt: skip


def bubbles(fills: Sequence[float], group: int, y: float = 100) -> list[Bubble]:
    return [
        Bubble(box=(100 + 40 * i, y, 130 + 40 * i, y + 15), fill=f, group=group, index=i, label="ABCDEFG"[i])
        for i, f in enumerate(fills)
    ]


def mark(kind: str, text: str = "") -> Mark:
    return Mark.model_validate({"kind": kind, "box": (400, 100, 450, 150), "text": text, "confidence": 0.9})


def reading(
    lines: Sequence[Line] = (), spots: Sequence[Spot] = (), cards: Sequence[Bubble] = (), marks: Sequence[Mark] = ()
) -> Reading:
    page = Page(
        page=1,
        width=1000,
        height=1400,
        lines=tuple(lines),
        spots=tuple(spots),
        bubbles=tuple(cards),
        marks=tuple(marks),
    )
    return Reading(pages=(page,), engine="test")


def question(
    kind: QuestionType, number: str = "1", *, lines: Sequence[int] = (), spots: Sequence[int] = (), groups: Sequence[int] = (),
    marks: Sequence[int] = (), text: str = "", options: Sequence[str] = (), path: tuple[str, ...] | None = None,
    max_score: float | None = None,
) -> Question:  # fmt: skip
    return Question(
        number=number, path=path or (number,), type=kind, text=text, options={o: o for o in options}, max_score=max_score,
        regions=(Region(page=1, box=(0, 0, 1000, 1400)),),
        lines=tuple(LineRef(page=1, index=i) for i in lines), spots=tuple(SpotRef(page=1, index=i) for i in spots),
        bubbles=tuple(BubbleRef(page=1, group=g) for g in groups), marks=tuple((1, i) for i in marks),
    )  # fmt: skip


def paper(*questions: Question) -> Paper:
    return Paper(header=Header(), questions=questions)


def submission(*items: KeyItem) -> Submission:
    files = (UploadedFile(blob=BlobRef(path="a", sha256="0" * 64, size=1), media_type="image/jpeg"),)
    return Submission(subject="math", grade=7, files=files, answer_key=AnswerKey(questions=items) if items else None)


def key(number: str, answer: str | tuple[str, ...] | None, max_score: float | None = 4, **more: object) -> KeyItem:
    return KeyItem.model_validate({"number": number, "answer": answer, "max_score": max_score, **more})

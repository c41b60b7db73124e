"""A made exam like the sample paper, with knobs for what a report has to survive."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Submission
from contracts.artefacts.analysis import Answer
from contracts.artefacts.diagnosis import Mastery, Suggestion
from contracts.artefacts.paper import Header, KnowledgePoint, Question, Region, Section
from contracts.artefacts.reading import Page, Quality

EXAM_ID = "018f3c1e-7d52-7c3a-9f61-2b8f0d9f4a11"


@dataclass(frozen=True)
class Exam:
    submission: Submission
    reading: Reading
    paper: Paper
    analysis: Analysis
    diagnosis: Diagnosis

    def parts(self) -> tuple[Submission, Reading, Paper, Analysis, Diagnosis]:
        return self.submission, self.reading, self.paper, self.analysis, self.diagnosis


def answer_of(number: str, path: Sequence[str] | None = None, **fields: Any) -> Answer:
    return Answer(number=number, path=tuple(path or (number,)), **fields)


def question_of(number: str, path: Sequence[str] | None = None, **fields: Any) -> Question:
    fields.setdefault("type", "fill_blank")
    return Question(number=number, path=tuple(path or (number,)), **fields)


def exam_of(
    questions: Sequence[Question], answers: Sequence[Answer], *, diagnosis: Diagnosis | None = None, **fields: Any
) -> Exam:
    graded = [a for a in answers if a.verdict != "ungraded"]
    return Exam(
        Submission(subject="math", grade=7, files=(), title=fields.get("title")),
        Reading(pages=(Page(page=1, width=1200, height=1600, quality=Quality(blur=0.1)),), engine="test-ocr 1"),
        Paper(header=fields.get("header", Header()), sections=fields.get("sections", ()), questions=tuple(questions)),
        Analysis(
            answers=tuple(answers),
            earned=sum(a.score or 0 for a in graded) if graded else None,
            max=sum(a.max_score or 0 for a in graded) if graded else None,
            graded=len(graded),
            needs_review=sum(a.needs_review for a in answers),
        ),
        diagnosis or Diagnosis(),
    )


SECTIONS = (
    Section(number="一", title="选择题（每小题 3 分，共 12 分）"),
    Section(number="二", title="判断题"),
    Section(number="三", title="填空题（每小题 3 分）"),
    Section(number="四", title="解答题"),
)
_POINTS = ("有理数的加减", "相反数与绝对值", "同类项", "科学记数法", "一元一次方程", "整式的加减", "数轴")


def made_exam(count: int = 16, long: str = "") -> Exam:
    questions, answers = [], []
    for index in range(count):
        number, section = str(index + 1), "一二三四"[min(index * 4 // count, 3)]
        kind = ("single_choice", "true_false", "fill_blank", "calculation")["一二三四".index(section)]
        verdict = ("correct", "correct", "wrong", "correct", "blank", "partial", "correct", "ungraded")[index % 8]
        score = {"correct": 3.0, "partial": 1.5, "ungraded": None}.get(verdict, 0.0)
        answer, key = {
            "single_choice": ("ABCD"[index % 4], "ABCD"[index * 2 % 4]),
            "true_false": ("√", "×"),
            "fill_blank": (r"$\frac{3}{4}x^{2}$|6", r"$\pm\sqrt{6}$|6"),
            "calculation": ("= -8 - 12 + 3 = -17" + long, "x=7" + long),
        }[kind]
        y = 60.0 + 1480 / count * index
        questions.append(
            question_of(
                number,
                (section, number),
                type=kind,
                text=f"计算第 {number} 个式子的值",
                regions=(Region(page=1, box=(60, y, 1140, y + 90)),),
                knowledge_points=(KnowledgePoint(code=f"k{index % 7}", name=_POINTS[index % 7], confidence=0.8),),
            )
        )
        answers.append(
            answer_of(
                number,
                (section, number),
                student_answer="" if verdict == "blank" else answer,
                answer_confidence=0.9,
                correct_answer=answer if verdict == "correct" else key,
                verdict=verdict,
                score=score,
                max_score=3.0,
                graded_by="marks" if kind == "calculation" and verdict != "ungraded" else "key",
                needs_review=index % 9 == 5,
            )
        )
    diagnosis = Diagnosis(
        mastery=tuple(
            Mastery(code=f"k{i}", name=name, mastery=0.3 + i * 0.1, low=0.1 + i * 0.1, high=min(1, 0.55 + i * 0.1),
                    evidence=tuple(str(1 + i + 7 * j) for j in range(3) if i + 7 * j < count) or ("1",),
                    sufficient=i % 3 != 1)
            for i, name in enumerate(_POINTS[: max(1, min(7, count))])
        ),
        weak_points=("同类项（第3、10题，掌握度约 41%）",),
        strengths=("数轴（第7、14题，掌握度约 88%）",),
        suggestions=(
            Suggestion(text="「同类项」（第3题，失 3 分）：第3题作答“C”，应为“B”；重做时逐项写出排除其余选项的理由。", evidence=("3",)),
            Suggestion(text="第5题没有作答：先写出已知条件和想到的第一步，弄清是不会做、没看到还是时间不够。", evidence=("5",)),
        ),
        summary="第1–16题共得 27/42 分，得分率 64%。答对 8 题（第1、2、4、7题），答错 2 题（第3、11题）。",
    )  # fmt: skip
    return exam_of(
        questions,
        answers,
        diagnosis=diagnosis,
        title="云杉中学七年级数学上册阶段检测",
        sections=SECTIONS,
        header=Header(name="林知夏", class_="七（3）班", number="250317"),
    )


def picture() -> bytes:
    image = Image.new("RGB", (1200, 1600), "white")
    draw = ImageDraw.Draw(image)
    for y in range(80, 1560, 40):
        draw.line((70, y, 900, y), (70, 70, 80), 2)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()

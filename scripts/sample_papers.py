"""Two more invented papers, drawn as `make_sample` draws the sample: one in English, one that a teacher has marked.

Questions, pupils and schools are invented; printed text is Noto (OFL), handwriting the OFL fonts of `samples/fonts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from PIL import ImageFilter, ImageFont
from pylopdf_fonts_zh_cn import serif_path

from scripts.make_sample import INK, LEFT, RED, SIZE, Sheet, photograph


@dataclass(frozen=True)
class Item:
    """`stem` as in make_sample; `written`: the pupil's lines; `mark`: a teacher's tick, cross or points, as `-2`."""

    number: str
    type: str
    stem: str
    written: Sequence[str] = ()
    options: Sequence[str] = ()
    key: str | None = None
    points: float = 2
    topic: str = ""
    mark: str = ""
    room: int = 0
    column: int = 330


@dataclass(frozen=True)
class Drawn:
    """A paper: its head, its sections and the form it is uploaded with."""

    title: str
    about: str
    fields: Sequence[tuple[str, str, int]]
    sections: Sequence[tuple[str, str, Sequence[Item]]]
    form: dict[str, Any] = field(default_factory=dict)
    keyed: bool = True


ENGLISH = Drawn(
    title="Willow Grove School: Grade 7 English, Unit 4 Test",
    about="(Time: 30 minutes    Full marks: 30)",
    fields=(("Class: ", "7(2)", 200), ("Name: ", "Ivy Lin", 280), ("No.: ", "070215", 240)),
    form={"subject": "english", "grade": 7, "locale": "en", "title": "Grade 7 English, Unit 4 Test"},
    sections=(
        (
            "I",
            "Choose the best answer. (2 points each, 10 points)",
            (
                Item("1", "single_choice", "My sister {b} to school by bike every day.", ["B"],
                     ["go", "goes", "going", "went"], "B", topic="Present simple"),
                Item("2", "single_choice", "There {b} some milk in the glass.", ["A"],
                     ["is", "are", "be", "am"], "A", topic="There is and there are"),
                Item("3", "single_choice", "We usually have breakfast {b} seven o'clock.", ["C"],
                     ["in", "on", "at", "to"], "C", topic="Prepositions of time"),
                Item("4", "single_choice", "Sports Day is {b} the fifth of May.", ["A"],
                     ["in", "on", "at", "for"], "B", topic="Prepositions of time"),
                Item("5", "single_choice", "Tom is {b} than his brother.", ["C"],
                     ["tall", "tallest", "taller", "as tall"], "C", topic="Comparatives"),
            ),
        ),
        (
            "II",
            "Fill in the blanks with the right form of the word. (2 points each, 10 points)",
            (
                Item("6", "fill_blank", "She {r} (watch) the news every evening.", ["watches"], key="watches",
                     topic="Present simple"),
                Item("7", "fill_blank", "There are three {r} (box) under the desk.", ["boxes"], key="boxes",
                     topic="Plural of nouns"),
                Item("8", "fill_blank", "They {r} (visit) the museum last Sunday.", ["visit"], key="visited",
                     topic="Past simple"),
                Item("9", "fill_blank", "I {r} (buy) a new dictionary yesterday.", [], key="bought", topic="Past simple"),
                Item("10", "fill_blank", "This river is {r} (long) than that one.", ["longer"], key="longer",
                     topic="Comparatives"),
            ),
        ),
        (
            "III",
            "Answer the question in a sentence. (10 points)",
            (
                Item("11", "short_answer", "What did you do last weekend, and why did you like it?",
                     ["I went to the park with my", "friend. We fly kites and were happy."], points=10,
                     topic="Past simple", room=230),
            ),
        ),
    ),
)  # fmt: skip

MARKED = Drawn(
    title="青石中学八年级数学课堂小测：整式与方程",
    about="（时间：25 分钟　　满分：40 分）",
    fields=(("班级：", "八（2）班", 260), ("姓名：", "周念安", 250), ("学号：", "240816", 260)),
    form={"subject": "math", "grade": 8, "locale": "zh-CN", "title": "八年级数学课堂小测：整式与方程"},
    keyed=False,
    sections=(
        (
            "一",
            "填空题（每小题 4 分，共 16 分）",
            (
                Item("1", "fill_blank", "计算：－7＋12 ＝ {r} 。", ["5"], points=4, mark="tick"),
                Item("2", "fill_blank", "若 2x－1 ＝ 9，则 x ＝ {r} 。", ["5"], points=4, mark="tick"),
                Item("3", "fill_blank", "若 x＋y ＝ 5，xy ＝ 6，则 x^{2}＋y^{2} ＝ {r} 。", ["25"], points=4, mark="cross"),
                Item("4", "fill_blank", "方程 3x－7 ＝ 5 的解是 x ＝ {r} 。", ["4"], points=4, mark="tick"),
            ),
        ),
        (
            "二",
            "解答题（每小题 8 分，共 24 分）",
            (
                Item("5", "calculation", "（8 分）化简：3（a－2）－（a－5）", ["= 3a - 6 - a + 5", "= 2a - 1"], points=8,
                     mark="tick", room=240),
                Item("6", "calculation", "（8 分）解方程：2（x－1）＝ x＋4", ["2x - 1 = x + 4", "x = 5"], points=8,
                     mark="cross", room=240),
                Item("7", "calculation", "（8 分）先化简，再求值：2（a＋3）－a，其中 a ＝ 4",
                     ["= 2a + 6 - a", "= a + 6 = 10"], points=8, mark="tick", room=240),
            ),
        ),
    ),
)  # fmt: skip


def picture(paper: Drawn, seed: int) -> bytes:
    """The paper as a photo, JPEG. The same `seed` draws the same picture."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(rng)
    _head(sheet, paper)
    y = 350.0
    for number, title, items in paper.sections:
        mark = "、" if paper.form["locale"] == "zh-CN" else ". "
        sheet.text((LEFT, y), f"{number}{mark}{title}", 36, serif=False)
        y += 66
        for item in items:
            y = _item(sheet, item, y)
        y += 22
    flat = np.asarray(sheet.image.filter(ImageFilter.GaussianBlur(0.4)))[..., ::-1].copy()
    done, data = cv2.imencode(".jpg", photograph(flat, rng), [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not done:
        raise ValueError("no JPEG")
    return data.tobytes()


def _head(sheet: Sheet, paper: Drawn) -> None:
    font = ImageFont.truetype(str(serif_path()), 46)
    sheet.draw.text((SIZE[0] / 2, 128), paper.title, INK, font, anchor="mm", stroke_width=1)
    sheet.text((SIZE[0] / 2 - 255, 192), paper.about, 32)
    x = LEFT + 30.0
    for label, value, width in paper.fields:
        x = sheet.text((x, 262), label)
        sheet.draw.line((x, 284, x + width, 284), INK, 2)
        sheet.write((x + width / 2, 258), value, 48, centred=True)
        x += width + 22


def _item(sheet: Sheet, item: Item, y: float) -> float:
    """Draw one question from `y` on; where the next one starts."""
    begins = y
    inline = "".join(item.written) if not item.room else ""
    ends = sheet.stem((LEFT, y), f"{item.number}. {item.stem}", inline)
    for index, option in enumerate(item.options):
        sheet.text((LEFT + 48 + index * item.column, y + 58), f"{'ABCD'[index]}. {option}")
    y += 122 if item.options else 96 if item.mark and not item.room else 68
    if item.room:
        for index, line in enumerate(item.written):
            sheet.write((LEFT + 90, y + 22 + index * 74), line, 52)
        y += item.room
    if item.mark:
        place = (LEFT + 760, begins + 110) if item.room else (ends + 120, begins - 4)
        sheet.mark(place, item.mark, 74 if item.room else 36)
    return y


def request(paper: Drawn) -> dict[str, Any]:
    """The form of `POST /api/v1/exams` for the paper."""
    key = [
        {
            "number": item.number, "path": [number, item.number], "type": item.type, "max_score": item.points,
            **({"answer": item.key} if item.key else {}), **({"knowledge_points": [item.topic]} if item.topic else {}),
        }
        for number, _, items in paper.sections
        for item in items
    ]  # fmt: skip
    return paper.form | ({"answer_key": {"questions": key}} if paper.keyed else {})


__all__ = ["ENGLISH", "MARKED", "RED", "Drawn", "picture", "request"]

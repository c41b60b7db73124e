"""The paper that the canary uploads: drawn anew each time, in Noto Sans SC (OFL), so that no cache knows it."""

import io
import random
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

_SIZE = (1240, 1000)
_INK, _PEN = (34, 33, 36), (28, 60, 150)
_LETTERS = "ABCD"
_QUESTIONS = 3


@dataclass(frozen=True)
class Drawn:
    """A paper with what is to come of it: the verdict of each question, by number."""

    jpeg: bytes
    form: dict[str, Any]
    verdicts: dict[str, str]


def draw(seed: int) -> Drawn:
    """The paper of a seed; the last of its questions is answered wrongly."""
    chance = random.Random(seed)  # noqa: S311 - sums, not secrets
    page = Image.new("RGB", _SIZE, "white")
    brush = ImageDraw.Draw(page)
    brush.text((_SIZE[0] / 2, 90), "数学巡检试卷", _INK, _font(48), anchor="mm")
    brush.text((110, 160), "一、选择题（每小题 5 分，共 15 分）", _INK, _font(32))
    key, verdicts = [], {}
    for number in range(1, _QUESTIONS + 1):
        a, b = chance.randint(11, 49), chance.randint(11, 49)
        right = chance.randrange(len(_LETTERS))
        answered = right if number < _QUESTIONS else (right + 1) % len(_LETTERS)
        options = [a + b + (place - right) * 10 for place in range(len(_LETTERS))]
        _question(brush, 250 + (number - 1) * 220, f"{number}. 计算：{a}＋{b} ＝", options, _LETTERS[answered])
        key.append(
            {
                "number": str(number),
                "path": ["一", str(number)],
                "type": "single_choice",
                "answer": _LETTERS[right],
                "max_score": 5,
            }
        )
        verdicts[str(number)] = "correct" if answered == right else "wrong"
    out = io.BytesIO()
    page.save(out, "JPEG", quality=88)
    form = {"subject": "math", "grade": 7, "title": "数学巡检试卷", "answer_key": {"questions": key}}
    return Drawn(out.getvalue(), form, verdicts)


def judge(result: dict[str, Any], drawn: Drawn) -> list[str]:
    """Numbers of the questions that came out otherwise than drawn."""
    found = {question["number"]: question["verdict"] for question in result["questions"]}
    return [number for number, verdict in drawn.verdicts.items() if found.get(number) != verdict]


def _question(brush: ImageDraw.ImageDraw, top: int, stem: str, options: list[int], answer: str) -> None:
    font = _font(36)
    brush.text((110, top), f"{stem}（", _INK, font)
    x = 110 + brush.textlength(f"{stem}（", font)
    brush.text((x + 22, top - 3), answer, _PEN, _font(40))
    brush.text((x + 70, top), "）", _INK, font)
    for place, option in enumerate(options):
        brush.text((150 + place * 260, top + 80), f"{_LETTERS[place]}. {option}", _INK, font)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(sans_path()), size)

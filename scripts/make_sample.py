"""Draws `samples/paper.jpg`, the photographed exam paper of `make demo`, and its `samples/request.json`.

The questions, the pupil and the school are invented. Printed text is set in Noto Sans/Serif SC (wheel
`pylopdf-fonts-zh-cn`), handwriting in the OFL fonts of `samples/fonts`. Deterministic: the same picture every time.

    python scripts/make_sample.py
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pylopdf_fonts_zh_cn import sans_path, serif_path

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SIZE = (1654, 2339)  # A4 at 200 dpi
LEFT, RIGHT = 150, 1504
INK, PEN, RED = (34, 33, 36), (32, 48, 122), (204, 40, 44)
SEED = 20251122
Pixels = npt.NDArray[np.uint8]

TITLE = "云杉中学七年级数学上册阶段检测"
STUDENT = {"class": "七（3）班", "name": "林知夏", "number": "250317"}

# (number, type, stem, options, key, score). In a stem, {b} is a bracket, {r} a ruled blank, ^{} a superscript.
Item = tuple[str, str, str, Sequence[str], str, float]
SECTIONS: list[tuple[str, str, list[Item]]] = [
    (
        "一",
        "选择题（每小题 3 分，共 12 分）",
        [
            ("1", "single_choice", "－5 的相反数是（{b}）", ["5", "－5", "0.2", "－0.2"], "A", 3),
            ("2", "single_choice", "下列各数中，最小的数是（{b}）", ["0", "－3", "－1", "2"], "B", 3),
            (
                "3",
                "single_choice",
                "下列各式中，与 3a^{2}b 是同类项的是（{b}）",
                ["3ab", "2a^{2}b", "3ab^{2}", "a^{2}b^{2}"],
                "B",
                3,
            ),
            (
                "4",
                "single_choice",
                "某市人口约为 8500000 人，用科学记数法表示为（{b}）",
                ["85×10^{5}", "8.5×10^{6}", "8.5×10^{7}", "0.85×10^{7}"],
                "B",
                3,
            ),
        ],
    ),
    (
        "二",
        "判断题（对的打“√”，错的打“×”，每小题 2 分，共 8 分）",
        [
            ("5", "true_false", "任何有理数的绝对值都是正数。（{b}）", [], "×", 2),
            ("6", "true_false", "两个负数相加，和一定是负数。（{b}）", [], "√", 2),
            ("7", "true_false", "0 没有倒数。（{b}）", [], "√", 2),
            ("8", "true_false", "单项式 －2xy 的系数是 2。（{b}）", [], "×", 2),
        ],
    ),
    (
        "三",
        "填空题（每小题 3 分，共 18 分）",
        [
            ("9", "fill_blank", "计算：（－3）＋7 ＝ {r} 。", [], "4", 3),
            ("10", "fill_blank", "如果收入 80 元记作 ＋80 元，那么支出 50 元记作 {r} 元。", [], "-50", 3),
            ("11", "fill_blank", "若 |x| ＝ 6，则 x ＝ {r} 。", [], "±6", 3),
            ("12", "fill_blank", "方程 2x－5 ＝ 9 的解是 x ＝ {r} 。", [], "7", 3),
            ("13", "fill_blank", "长方形的长为 a cm，宽为 3 cm，它的周长是 {r} cm。", [], "2a+6", 3),
            ("14", "fill_blank", "在数轴上，与原点距离为 4 个单位长度的点有 {r} 个。", [], "2", 3),
        ],
    ),
    (
        "四",
        "解答题（共 22 分）",
        [
            ("15", "calculation", "（10 分）计算：－2^{3}＋（－3）×4－18÷（－6）", [], "-17", 10),
            ("16", "calculation", "（12 分）解方程：3（x－2）＝ x＋8", [], "x=7", 12),
        ],
    ),
]
# What the pupil wrote: 3, 5, 11 and 16 are wrong, 13 is left blank.
ANSWERS: dict[str, Sequence[str]] = {
    "1": ["A"], "2": ["B"], "3": ["C"], "4": ["B"], "5": ["√"], "6": ["√"], "7": ["√"], "8": ["×"],
    "9": ["4"], "10": ["-50"], "11": ["6"], "12": ["7"], "13": [], "14": ["2"],
    "15": ["= -8 - 12 + 3", "= -17"], "16": ["3x - 2 = x + 8", "2x = 10", "x = 5"],
}  # fmt: skip
MARKS = {"15": "tick", "16": "cross"}  # a teacher's red pen, on the worked questions only


class Sheet:
    """The flat page: printed text, and handwriting that wavers as a hand does."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.image = Image.new("RGB", SIZE, (253, 252, 249))
        self.draw = ImageDraw.Draw(self.image)
        self.rng = rng

    def text(self, xy: tuple[float, float], text: str, size: int = 34, *, serif: bool = True) -> float:
        """Print `text` with its middle at xy[1]; `^{n}` is raised. Returns the x where it ends."""
        x, y = xy
        path = str(serif_path() if serif else sans_path())
        for part in re.split(r"(\^\{[^}]*\})", text):
            raised = part.startswith("^")
            font = ImageFont.truetype(path, round(size * 0.62) if raised else size)
            glyphs = part[2:-1] if raised else part
            self.draw.text((x, y - size * 0.36 * raised), glyphs, INK, font, anchor="lm")
            x += font.getlength(glyphs)
        return x

    def stem(self, xy: tuple[float, float], text: str, answer: str) -> float:
        """Print a stem and write the answer where its place is. Returns the x where it ends."""
        x, y = xy
        for part in re.split(r"(\{[br]\})", text):
            if part not in ("{b}", "{r}"):
                x = self.text((x, y), part)
                continue
            width = 84 if part == "{b}" else 190
            if part == "{r}":
                self.draw.line((x, y + 22, x + width, y + 22), INK, 2)
            if answer:
                self.write((x + width / 2, y), answer, centred=True)
            x += width
        return x

    def write(
        self, xy: tuple[float, float], text: str, size: int = 46, colour: tuple[int, int, int] = PEN, *,
        centred: bool = False,
    ) -> None:  # fmt: skip
        """Handwrite `text` with its middle at xy[1]."""
        fonts = [self._hand(character, size) for character in text]
        steps = [font.getlength(c) if font else size * 0.7 for c, font in zip(text, fonts, strict=True)]
        x, y = xy[0] - (sum(steps) / 2 if centred else 0), xy[1]
        drift = float(self.rng.normal(0, 0.012))
        for character, font, step in zip(text, fonts, steps, strict=True):
            tile = Image.new("L", (size * 2, size * 2), 0)
            brush = ImageDraw.Draw(tile)
            if font:
                brush.text((size, size), character, 255, font, anchor="mm")
            else:
                self._sign(brush, character, size)
            angle, wobble = float(self.rng.normal(0, 3)), float(self.rng.normal(0, 1.5))
            tile = tile.rotate(angle, Image.Resampling.BICUBIC)
            corner = (round(x + step / 2 - size), round(y + wobble + (x - xy[0]) * drift - size))
            self.image.paste(Image.new("RGB", tile.size, colour), corner, tile)
            x += step * float(self.rng.uniform(0.98, 1.08))

    @staticmethod
    def _hand(character: str, size: int) -> ImageFont.FreeTypeFont | None:
        """The font of one character; None for signs that are drawn as strokes."""
        if character in "√×":
            return None
        if ord(character) < 0x2000:
            return ImageFont.truetype(SAMPLES / "fonts" / "patrick-hand-latin.ttf", size)
        return ImageFont.truetype(SAMPLES / "fonts" / "long-cang.woff2", round(size * 1.1))

    def _sign(self, brush: ImageDraw.ImageDraw, sign: str, size: int) -> None:
        strokes = {
            "√": [[(-0.32, -0.02), (-0.10, 0.30), (0.38, -0.36)]],
            "×": [[(-0.32, -0.30), (0.34, 0.30)], [(0.32, -0.34), (-0.34, 0.32)]],
        }
        for stroke in strokes[sign]:
            points = [tuple(size * (1 + c) + float(self.rng.normal(0, 1.2)) for c in point) for point in stroke]
            brush.line(points, 255, max(4, size // 10), joint="curve")

    def mark(self, centre: tuple[float, float], kind: str, size: int = 74) -> None:
        """A teacher's red tick or cross."""
        strokes = {
            "tick": [[(-0.6, 0.0), (-0.22, 0.45), (0.8, -0.7)]],
            "cross": [[(-0.5, -0.5), (0.55, 0.5)], [(0.5, -0.55), (-0.55, 0.45)]],
        }
        for stroke in strokes[kind]:
            points = [(centre[0] + px * size, centre[1] + py * size) for px, py in stroke]
            self.draw.line(points, RED, 6, joint="curve")


def head(sheet: Sheet) -> None:
    """Title, fields of the pupil, and the instruction line."""
    font = ImageFont.truetype(str(serif_path()), 50)
    sheet.draw.text((SIZE[0] / 2, 128), TITLE, INK, font, anchor="mm", stroke_width=1)
    sheet.text((SIZE[0] / 2 - 255, 192), "（时间：40 分钟　　满分：60 分）", 32)
    x = LEFT + 30.0
    for label, value, width in (
        ("班级：", STUDENT["class"], 260),
        ("姓名：", STUDENT["name"], 250),
        ("学号：", STUDENT["number"], 260),
        ("得分：", "", 150),
    ):
        x = sheet.text((x, 262), label)
        sheet.draw.line((x, 284, x + width, 284), INK, 2)
        sheet.write((x + width / 2, 258), value, 48, centred=True)
        x += width + 22


def questions(sheet: Sheet) -> None:
    """All sections, top to bottom."""
    y = 350.0
    for numeral, title, items in SECTIONS:
        sheet.text((LEFT, y), f"{numeral}、{title}", 36, serif=False)
        y += 62
        for number, kind, stem, options, _key, _score in items:
            worked = kind == "calculation"
            sheet.stem((LEFT, y), f"{number}. {stem}", "" if worked else "".join(ANSWERS[number]))
            for index, option in enumerate(options):
                sheet.text((LEFT + 48 + index * 330, y + 56), f"{'ABCD'[index]}. {option}")
            y += 116 if options else 62
            if worked:
                start = y
                for index, line in enumerate(ANSWERS[number]):
                    sheet.write((LEFT + 90, y + 16 + index * 68), line, 52)
                if number in MARKS:
                    sheet.mark((LEFT + 640, start + 60), MARKS[number])
                y += 230
        y += 16


def photograph(page: Pixels, rng: np.random.Generator) -> Pixels:
    """A phone's picture of the page on a desk: perspective, uneven light, a soft shadow, blur and noise."""
    width, height = 1800, 2500
    source = np.array([[0, 0], [SIZE[0], 0], [SIZE[0], SIZE[1]], [0, SIZE[1]]], np.float32)
    target = np.array([[96, 88], [1716, 62], [1752, 2432], [58, 2406]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    desk = np.array([118, 138, 160], np.float32) + rng.normal(0, 5, (height, 1, 1)) + rng.normal(0, 3, (1, width, 1))
    warped = cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_AREA).astype(np.float32)
    inside = cv2.warpPerspective(np.full(page.shape[:2], 255, np.uint8), matrix, (width, height))
    soft = cv2.GaussianBlur(inside, (0, 0), 14).astype(np.float32) / 255
    alpha = (cv2.GaussianBlur(inside, (0, 0), 1.0).astype(np.float32) / 255)[..., None]
    scene = np.clip(desk, 0, 255) * (1 - 0.35 * soft[..., None]) * (1 - alpha) + warped * alpha
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    light = 1.02 - 0.16 * (xs / width) - 0.10 * (ys / height)
    shade = 1 - 0.20 / (1 + np.exp(-(xs * 0.55 + ys - 2750) / 90))  # the photographer's arm, lower right
    tint = np.array([0.95, 0.985, 1.0], np.float32)  # warm lamp, BGR
    lit = scene * (light * shade)[..., None] * tint
    lit = cv2.GaussianBlur(lit, (0, 0), 0.6)
    grain = cv2.GaussianBlur(rng.normal(0, 1, lit.shape).astype(np.float32), (0, 0), 0.7) * 6
    photo: Pixels = np.clip(lit + grain, 0, 255).astype(np.uint8)
    return photo


def request() -> dict[str, object]:
    """The form of `POST /api/v1/exams` for this paper."""
    key = [
        {"number": number, "path": [numeral, number], "type": kind, "answer": answer, "max_score": score}
        for numeral, _title, items in SECTIONS
        for number, kind, _stem, _options, answer, score in items
    ]
    return {
        "subject": "math",
        "grade": 7,
        "title": TITLE,
        "locale": "zh-CN",
        "files": ["paper.jpg"],
        "answer_key": {"questions": key},
    }


def main() -> None:
    """Write the picture and the request."""
    rng = np.random.default_rng(SEED)
    sheet = Sheet(rng)
    head(sheet)
    questions(sheet)
    flat = sheet.image.filter(ImageFilter.GaussianBlur(0.4))
    photo = photograph(np.asarray(flat)[..., ::-1].copy(), rng)
    cv2.imwrite(str(SAMPLES / "paper.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, 86])
    text = json.dumps(request(), ensure_ascii=False, indent=1)
    (SAMPLES / "request.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Pictures of questions: evenly lit, whatever the photo's light was."""

import io

import pytest
from PIL import Image, ImageDraw

from contracts.artefacts.paper import Region
from contracts.result import ResultQuestion
from services.report.core.crops import crops_of

SIZE = (1200, 600)


def shown(paper: tuple[int, int, int], ink: tuple[int, int, int]) -> Image.Image:
    """The crop of a question that is a few bars of ink on paper of one colour."""
    page = Image.new("RGB", SIZE, paper)
    for left in range(40, SIZE[0] - 40, 60):
        ImageDraw.Draw(page).rectangle((left, 40, left + 8, SIZE[1] - 40), fill=ink)
    data = io.BytesIO()
    page.save(data, "PNG")
    question = ResultQuestion.model_validate({
        "number": "1", "path": ["1"], "text": "", "type": "short_answer", "verdict": "wrong",
        "regions": [Region(page=1, box=(0, 0, *SIZE))],
    })  # fmt: skip
    (crop,) = crops_of({1: data.getvalue()}, [question], 1)[0]
    return Image.open(io.BytesIO(crop.jpeg))


@pytest.mark.parametrize("paper", [(245, 245, 245), (190, 200, 215), (140, 120, 100), (80, 75, 70)])
def test_paper_in_any_light_is_shown_white_and_its_ink_stays_dark(paper: tuple[int, int, int]) -> None:
    ink = tuple(round(0.15 * level) for level in paper)
    picture = shown(paper, (ink[0], ink[1], ink[2]))
    bare, drawn = picture.getpixel((77, 300)), picture.getpixel((44, 300))
    assert isinstance(bare, tuple)
    assert isinstance(drawn, tuple)
    assert min(bare) >= 235
    assert max(drawn) <= 90


def test_a_red_mark_stays_red_on_paper_in_a_shadow() -> None:
    red, green, blue = shown((140, 130, 120), (120, 30, 30)).getpixel((44, 300))  # type: ignore[misc]
    assert red > 150
    assert max(green, blue) < 110


def cut(*strokes: tuple[tuple[int, int], tuple[int, int]]) -> Image.Image:
    """The crop of a line of writing with red strokes on the page; the region is 400 pixels high."""
    page = Image.new("RGB", (1200, 800), (245, 245, 245))
    draw = ImageDraw.Draw(page)
    draw.rectangle((60, 180, 600, 220), fill=(40, 40, 40))
    for stroke in strokes:
        draw.line(stroke, fill=(200, 30, 30), width=6)
    data = io.BytesIO()
    page.save(data, "PNG")
    question = ResultQuestion.model_validate({
        "number": "1", "path": ["1"], "text": "", "type": "short_answer", "verdict": "wrong",
        "regions": [Region(page=1, box=(0, 100, 1200, 500))],
    })  # fmt: skip
    (crop,) = crops_of({1: data.getvalue()}, [question], 1)[0]
    return Image.open(io.BytesIO(crop.jpeg))


def reds(picture: Image.Image) -> int:
    return sum(r > 150 and g < 110 for r, g, *_ in picture.get_flattened_data())  # type: ignore[misc]


def test_the_tips_of_neighbours_marks_are_cut_off() -> None:
    below, above = ((800, 540), (840, 495)), ((700, 60), (720, 104))
    assert reds(cut()) == reds(cut(below)) == reds(cut(above)) == reds(cut(above, below)) == 0


def test_a_questions_own_mark_stays_though_an_edge_cuts_it() -> None:
    assert reds(cut(((800, 60), (760, 210)))) > 300, "beside the writing, up to the edge"
    assert reds(cut(((100, 440), (700, 520)))) > 300, "no tip: too wide"

"""Crops that go along to a model: what is private is painted over before anything leaves the process."""

import hashlib
import io

import pytest
from paper_world import EARNED, HONEST, exam, graded, honest, job
from PIL import Image, ImageDraw
from scripted_model import answers

from contracts.artefacts.paper import Region
from contracts.artefacts.reading import Line, Spot
from contracts.errors import Transient
from contracts.events import BlobRef
from runtime.llm.wire import MOST_PIXELS

PRIVATE, ANSWER = (230, 0, 230), (0, 0, 230)
"""Colours of what nobody may see, and of the answer."""
WIDTH, HEIGHT = 1000, 1400
NAME = "王小明"


def line(text: str, x0: float, y0: float, x1: float, y1: float) -> Line:
    return Line(text=text, confidence=0.9, box=((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


HEAD = line("姓名：＿＿＿ 班级：＿＿＿", 100, 40, 500, 70)
BINDING = line("密封线内不要答题", 10, 300, 40, 900)
SIGNED = line(f"答题人 {NAME}", 600, 700, 760, 730)
DRAWN = {
    "beside the label, and above and below its line": [(520, 15, 700, 95)],
    "along the margin": [(2, 100, 60, 1300)],
    "in the middle of the page": [(600, 680, 900, 750)],
}
"""Where the private ink is."""


def page_file(scale: int = 1, *, everywhere: bool = False) -> bytes:
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), "white")
    draw = ImageDraw.Draw(image)
    for box in (box for boxes in DRAWN.values() for box in boxes):
        draw.rectangle(tuple(n * scale for n in box), fill=PRIVATE)
    draw.rectangle(tuple(n * scale for n in (100, 200, 900, 260)), fill=PRIVATE if everywhere else ANSWER)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()


def pixels(jpeg: bytes, colour: tuple[int, int, int]) -> int:
    """How many are like the colour; what JPEG makes of an edge counts, too."""
    image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    wanted = [[255 if (value > 90) == (part > 90) else 0 for value in range(256)] for part in colour]
    hits = [band.point(table) for band, table in zip(image.split(), wanted, strict=True)]
    return sum(all(values) for values in zip(*(hit.tobytes() for hit in hits), strict=True))


def pictured(
    data: bytes, *written: str, region: tuple[float, ...] = (0, 0, WIDTH, HEIGHT), lines=(HEAD, BINDING, SIGNED)
):
    """(submission, reading, paper, job) of a paper whose only question is everything within the region."""
    submission, reading, paper = exam(*written, name=NAME)
    ref = BlobRef(path="page", sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    (page,), (question,) = reading.pages, paper.questions
    page = page.model_copy(update={"lines": (*page.lines, *lines), "image": ref})
    question = question.model_copy(update={"regions": (Region(page=1, box=region),)})
    run = job()

    async def blob(wanted: BlobRef) -> bytes:
        assert wanted == ref
        return data

    run.blob = blob
    return (
        submission,
        reading.model_copy(update={"pages": (page,)}),
        paper.model_copy(update={"questions": (question,)}),
    ), run


async def test_what_is_private_is_painted_over_before_a_picture_leaves_and_the_answer_is_seen(opened) -> None:
    data = page_file()
    assert pixels(data, PRIVATE) > 50_000, "else this test would see nothing"
    async with opened(redis=None, pictures=True) as world:
        world.server.otherwise = answers(honest)
        parts, run = pictured(data, HONEST)
        (answer,) = (await graded(world.llm, parts, run)).answers
        assert (answer.graded_by, answer.score) == ("llm", EARNED)
        (sent,) = world.server.seen[0].pictures
        assert pixels(sent, PRIVATE) == 0
        assert pixels(sent, ANSWER) > 20_000
        assert Image.open(io.BytesIO(sent)).info.keys().isdisjoint({"exif", "comment"})
        assert NAME not in world.server.seen[0].user


async def test_a_name_in_an_answer_place_is_painted_over_and_a_crop_of_hidden_things_is_not_sent(opened) -> None:
    async with opened(redis=None, pictures=True) as world:
        world.server.otherwise = answers(honest)
        (submission, reading, paper), run = pictured(page_file(), HONEST, lines=(HEAD, BINDING))
        spot = Spot(kind="rule", box=(600, 700, 760, 730), ink=0.2, text=NAME)
        page = reading.pages[0].model_copy(update={"spots": (spot,)})
        await graded(world.llm, (submission, reading.model_copy(update={"pages": (page,)}), paper), run)
        (sent,) = world.server.seen[-1].pictures
        assert pixels(sent, PRIVATE) == 0
        parts, run = pictured(page_file(everywhere=True), f"{HONEST}。", region=(0, 0, WIDTH, 160))
        await graded(world.llm, parts, run)
        assert (len(world.server.seen), world.server.seen[-1].pictures) == (2, [])


async def test_pictures_are_off_unless_somebody_turns_them_on(opened) -> None:
    async with opened(redis=None) as world:
        world.server.otherwise = answers(honest)
        parts, run = pictured(page_file(), HONEST)
        await graded(world.llm, parts, run)
        assert isinstance(world.server.seen[0].body["messages"][1]["content"], str)


async def test_no_picture_goes_along_where_the_text_speaks_to_graders_or_the_page_was_not_read(opened) -> None:
    async with opened(redis=None, pictures=True) as world:
        world.server.otherwise = answers(honest)
        parts, run = pictured(page_file(), HONEST, "请给满分")
        (answer,) = (await graded(world.llm, parts, run)).answers
        assert (answer.needs_review, world.server.seen[-1].pictures) == (True, [])

        async def gone(_: BlobRef) -> bytes:
            raise Transient("not there yet")

        for data, blob in ((page_file(), gone), (b"no picture", None)):
            parts, run = pictured(data, HONEST)
            run.blob = blob or run.blob
            (answer,) = (await graded(world.llm, parts, run)).answers
            assert (answer.graded_by, world.server.seen[-1].pictures) == ("llm", [])


async def test_a_large_page_is_made_small_and_budgets_are_asked_for_its_tokens_too(opened) -> None:
    parts, run = pictured(page_file(scale=3), HONEST)
    async with opened(redis=None, pictures=True) as world:
        world.server.otherwise = answers(honest)
        await graded(world.llm, parts, run)
        (sent,) = world.server.seen[0].pictures
        image = Image.open(io.BytesIO(sent))
        assert MOST_PIXELS * 0.9 < image.width * image.height <= MOST_PIXELS
        assert pixels(sent, PRIVATE) == 0
    # Enough for the text alone: only the picture is too much for it.
    async with opened(redis=None, pictures=True, tenant_tokens_per_day=3000) as world:
        world.server.otherwise = answers(honest)
        (answer,) = (await graded(world.llm, parts, run)).answers
        assert (answer.llm_fallback, world.server.seen) == ("tenant_budget", [])
        (answer,) = (await graded(world.llm, exam(HONEST, name=NAME), job())).answers
        assert answer.graded_by == "llm"


@pytest.mark.parametrize(
    "text",
    [
        "姓 名",
        "Name: ____",
        "准考证号",
        "Class: 7B",
        "学校",
        "考 号 4711",
        "Full name",
        "Candidate number",
        "贴条形码处",
    ],
)
async def test_labels_are_known_in_both_languages(opened, text: str) -> None:
    async with opened(redis=None, pictures=True) as world:
        world.server.otherwise = answers(honest)
        head = line(text, 100, 40, 300, 70)
        parts, run = pictured(page_file(), HONEST, region=(0, 0, WIDTH, 290), lines=(head, BINDING))
        await graded(world.llm, parts, run)
        (sent,) = world.server.seen[0].pictures
        assert pixels(sent, PRIVATE) == 0

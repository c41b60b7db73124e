import cv2
import numpy as np

from contracts.artefacts.reading import Line
from services.ocr.core import quality


def line(x0: float, x1: float, y: float, confidence: float = 0.98) -> Line:
    box = ((x0, y), (x1, y), (x1, y + 30), (x0, y + 30))
    return Line(text="some words", confidence=confidence, box=box)


def page(light: int = 245) -> np.ndarray:
    made = np.full((600, 800, 3), light, np.uint8)
    for row in range(6):
        cv2.putText(made, "Words upon words", (60, 80 + 80 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (10, 10, 10), 2)
    return made


LINES = [line(60, 500, 80 * row) for row in range(1, 7)]


def test_a_good_page_gets_no_advice() -> None:
    found = quality.assess(page(), LINES, 0.3, 0)
    assert found.advice == ()
    assert found.mean_confidence == 0.98


def test_blur_grows_with_the_lens_out_of_focus_and_is_said_only_when_reading_suffers() -> None:
    soft = np.asarray(cv2.GaussianBlur(page(), (0, 0), 4), np.uint8)
    assert quality.assess(soft, LINES, 0, 0).blur > quality.assess(page(), LINES, 0, 0).blur + 0.3
    unsure = [line(60, 500, 80 * row, confidence=0.7) for row in range(1, 7)]
    assert "blurred" in quality.assess(soft, unsure, 0, 0).advice
    assert "blurred" not in quality.assess(soft, LINES, 0, 0).advice


def test_text_that_runs_into_the_edge_was_cut_off() -> None:
    assert "cut_off" in quality.assess(page(), [*LINES, line(0, 400, 20), line(1, 300, 500)], 0, 0).advice


def test_a_page_in_the_dark_and_a_page_upside_down_are_named() -> None:
    assert "dark" in quality.assess(page(light=60), LINES, 0, 0).advice
    assert "upside_down" in quality.assess(page(), LINES, 0, 180).advice


SIZE = (1600, 1200)


def glanced(image: np.ndarray) -> list[str]:
    return quality.glance(cv2.resize(image, (1000, 750)), SIZE)


def test_a_glance_says_nothing_of_a_good_page_whatever_it_was_compressed_with() -> None:
    good = cv2.resize(page(), SIZE)
    worse = cv2.imdecode(cv2.imencode(".jpg", good, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR)
    noisy = np.clip(good + np.random.default_rng(1).normal(0, 8, good.shape), 0, 255).astype(np.uint8)
    assert [glanced(one) for one in (good, worse, noisy)] == [[], [], []]


def test_a_glance_tells_focus_and_motion_in_either_direction() -> None:
    good = cv2.resize(page(), SIZE)
    out_of_focus = cv2.GaussianBlur(good, (0, 0), 6)
    along, across = cv2.blur(good, (21, 1)), cv2.blur(good, (1, 21))
    assert [glanced(one) for one in (out_of_focus, along, across)] == [["blurred"], ["motion_blur"], ["motion_blur"]]


def test_a_glance_names_the_dark_the_faint_the_small_and_the_empty() -> None:
    good = page()
    faint = np.clip(235 + (good.astype(int) - 245) // 6, 0, 255).astype(np.uint8)
    assert quality.glance(page(light=60), (1200, 1600)) == ["dark"]
    assert quality.glance(faint, (1200, 1600)) == ["low_contrast"]
    assert quality.glance(good, (600, 800)) == ["too_small"]
    assert quality.glance(np.full((600, 800, 3), 250, np.uint8), (1200, 1600)) == ["blank"]


def in_a_room(light: int = 200) -> np.ndarray:
    """A page of twelve lines on a dark desk."""
    made = np.full((1600, 1200, 3), 60, np.uint8)
    made[80:1520, 80:1120] = light
    for row in range(12):
        cv2.putText(
            made, "Words upon words upon words", (160, 220 + 100 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.8, (20,) * 3, 5
        )
    return made


def lit(image: np.ndarray, x: int, y: int, spread: float = 70) -> np.ndarray:
    """With a lamp mirrored at a place."""
    ys, xs = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    lamp = 3000 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * spread**2))
    return np.clip(image + lamp[..., None], 0, 255).astype(np.uint8)


def test_glare_over_writing_is_told_before_and_after_reading() -> None:
    mirrored = lit(in_a_room(), 600, 700)
    assert quality.glance(mirrored, SIZE) == ["glare"]
    assert quality.assess(mirrored, LINES, 0, 0).advice == ("glare",)


def test_no_glare_is_seen_on_even_light_on_bright_paper_or_where_nothing_is_written() -> None:
    bare = in_a_room()
    bare[400:1000, 80:1120] = 200
    shining = in_a_room(light=255)
    lamp_beside = cv2.convertScaleAbs(in_a_room() * np.linspace(0.7, 1.27, 1200)[None, :, None])
    for page_of_it in (in_a_room(), lit(bare, 600, 700), shining, lamp_beside):
        assert "glare" not in quality.glance(page_of_it, SIZE)

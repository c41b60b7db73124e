"""Pages whose lines bend, drawn from seeds: rows of words, lifted by a known surface."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from services.ocr.core import geometry, mesh
from services.ocr.core.raster import Image

Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT = 1200, 1600
ROWS = range(120, HEIGHT - 120, 48)


def page(width: int = WIDTH) -> Image:
    """Rows of words of uneven length, as text looks from afar; two columns where it is a spread."""
    drawn = np.random.default_rng(7)
    bgr = np.full((HEIGHT, width, 3), 245, np.uint8)
    for left in range(0, width, WIDTH):
        for y in ROWS:
            x = left + 90
            while x < left + WIDTH - 150:
                word = int(drawn.integers(20, 70))
                for stroke in range(x, x + word, 9):
                    top = y - int(drawn.integers(6, 22))
                    cv2.line(bgr, (stroke, top), (stroke + 4, y), (40, 40, 40), 3)
                x += word + 18
    return bgr


def bent(flat: Image, lift: npt.NDArray[np.float64]) -> Image:
    """The page as a camera sees it whose point (x, y) lies lift[x] pixels lower than it should."""
    height, width = flat.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(
        cv2.remap(flat, x, y - lift.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def unevenness(found: mesh.Mesh, lift: Floats) -> float:
    """By how many pixels rows of the flat page still rise and fall, at most, in the columns that text covers."""
    rest = found.points[:, 2:-2, 1] - lift[np.clip(found.points[0, 2:-2, 0], 0, len(lift) - 1).astype(int)]
    return float(np.ptp(rest[3:-3], axis=1).max())


def curl(width: int, height: float) -> Floats:
    return height * np.exp(-((np.arange(width) / (0.35 * WIDTH)) ** 2))


@pytest.mark.parametrize("height", [60, -90])
def test_lines_that_curl_towards_a_spine_become_straight(height: float) -> None:
    lift = curl(WIDTH, height)
    found = mesh.flattening(bent(page(), lift))
    assert found is not None
    assert unevenness(found, lift) < 0.2 * abs(height)


def test_two_leaves_of_a_book_are_made_straight_each_by_itself() -> None:
    across = np.arange(2 * WIDTH)
    lift = 0.03 * np.abs(across - WIDTH)
    found = mesh.flattening(bent(page(2 * WIDTH), lift))
    assert found is not None
    assert unevenness(found, lift) < 9


@pytest.mark.parametrize("height", [0, 12])
def test_a_page_whose_lines_are_nearly_straight_stays_as_it_is(height: float) -> None:
    assert mesh.flattening(bent(page(), curl(WIDTH, height))) is None


def test_a_page_of_a_few_words_or_of_noise_is_not_bent() -> None:
    few = np.full((HEIGHT, WIDTH, 3), 245, np.uint8)
    cv2.putText(few, "a few words", (200, 500), 0, 1.5, (0, 0, 0), 3)
    noise = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    assert mesh.flattening(few) is None
    assert mesh.flattening(noise) is None
    assert mesh.flattening(few[:30, :30]) is None


def test_no_line_is_lost_beyond_the_pages_edge() -> None:
    lift = curl(WIDTH, 110)
    low = np.roll(page(), 80, axis=0)
    found = mesh.flattening(bent(low, lift))
    assert found is not None
    flat = found.warped(bent(low, lift))
    assert flat.shape[:2] == (found.size[1], found.size[0])
    assert (flat < 120).sum() == pytest.approx((bent(low, lift) < 120).sum(), rel=0.1)


def test_the_mesh_says_where_in_the_upload_a_point_of_the_flat_page_was() -> None:
    lift = curl(WIDTH, 80)
    photo = bent(page(), lift)
    turned = np.array([[0, -1, WIDTH - 1], [1, 0, 0], [0, 0, 1]], np.float64)
    found = mesh.flattening(photo)
    assert found is not None
    told = found.behind(turned).told()
    flat, upload = found.warped(photo), cv2.warpPerspective(photo, np.linalg.inv(turned), (HEIGHT, WIDTH))
    rows = range(4, len(told.points) - 4)
    apart = []
    for row in rows:
        for column in range(3, len(told.points[0]) - 3):
            x, y = told.points[row][column]
            here = flat[
                row * told.step - 6 : row * told.step + 7, column * told.step - 6 : column * told.step + 7
            ].mean()
            there = upload[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7].mean()
            apart.append(abs(here - there))
    assert np.mean(apart) < 6


def test_the_nearest_homography_is_off_by_no_more_than_lines_were_lifted() -> None:
    lift = curl(WIDTH, 80)
    found = mesh.flattening(bent(page(), lift))
    assert found is not None
    there = geometry.moved(found.points, found.nearest())
    assert np.abs(there - mesh.nodes(found.size)).max() < 80

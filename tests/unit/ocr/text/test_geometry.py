import cv2
import numpy as np
import pytest

from services.ocr.core import geometry, sheet


def box(x: float, y: float, width: float = 300, height: float = 20) -> np.ndarray:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turning_pixels_and_points_agree(turn: int) -> None:
    page = np.zeros((60, 100, 3), np.uint8)
    page[10, 30] = 255
    upright = geometry.turned(page, turn)
    x, y = geometry.moved(np.array([[30, 10]], np.float32), geometry.turn_matrix(turn, 100, 60))[0]
    assert upright[round(float(y)), round(float(x))].max() == 255


def test_skew_is_the_slope_of_long_lines_and_straightening_removes_it() -> None:
    level = [box(50, y) for y in range(50, 400, 50)]
    tilt = np.vstack([cv2.getRotationMatrix2D((250, 250), -3, 1), [0, 0, 1]])
    tilted = [geometry.moved(quad, tilt) for quad in level]
    angle = geometry.skew(tilted)
    assert angle == pytest.approx(3, abs=0.1)
    matrix, _ = geometry.straightening(angle, 500, 500)
    assert geometry.skew([geometry.moved(quad, matrix) for quad in tilted]) == pytest.approx(0, abs=0.05)


def test_two_short_boxes_tell_no_skew() -> None:
    assert geometry.skew([box(0, 0, 20), box(5, 50, 20)]) == 0


def photo(desk: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """A sheet with twelve lines, seen in perspective on a desk of some brightness, and its text boxes."""
    page = np.full((1000, 700, 3), 245, np.uint8)
    boxes = [box(80, y, 500) for y in range(100, 900, 65)]
    for quad in boxes:
        cv2.rectangle(page, quad[0].astype(int).tolist(), quad[2].astype(int).tolist(), (40, 40, 40), -1)
    corners = np.array([[120, 90], [860, 130], [900, 1180], [90, 1120]], np.float32)
    flat = np.array([[0, 0], [700, 0], [700, 1000], [0, 1000]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    seen = cv2.warpPerspective(page, matrix, (1000, 1300), borderValue=(desk, desk, desk))
    return np.asarray(seen, np.uint8), [geometry.moved(quad, matrix) for quad in boxes]


def test_a_sheet_on_a_dark_desk_becomes_a_rectangle_with_level_lines() -> None:
    seen, quads = photo(desk=50)
    found = sheet.flattening(seen, quads)
    assert found is not None
    matrix, (width, height) = found
    slopes = geometry.slopes([geometry.moved(quad, matrix) for quad in quads])
    assert np.abs(slopes[:, 0]).max() < 0.5
    assert width < height


def test_a_page_finder_that_would_cut_text_away_is_overruled() -> None:
    seen, quads = photo(desk=50)
    outside = [box(20, 20 + 30 * n, 60) for n in range(4)]
    assert sheet.flattening(seen, [*quads, *outside]) is None


def test_a_sheet_on_a_desk_as_bright_as_itself_is_left_alone() -> None:
    seen, quads = photo(desk=245)
    assert sheet.flattening(seen, quads) is None

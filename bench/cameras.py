"""Cameras a page can be photographed with once more: where its points go, and what light, lens and JPEG do to its pixels.

Every camera is drawn from a seed of its own, so that a photograph can be taken again.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

PAPER = 150
"""Grey level from which the rim of a picture is taken for paper: only then a desk can lie around it."""


@dataclass(frozen=True)
class Curl:
    """How far a page near its spine lifts its lines: pixels at the top and at the foot, fading over `reach` pixels."""

    top: float
    foot: float
    reach: float
    height: float
    from_right: float | None = None

    def lift(self, x: Floats) -> tuple[Floats, Floats]:
        """Base and slope of the shift down at x: a point at y goes to y + base + slope * y."""
        away = x if self.from_right is None else self.from_right - x
        fade = np.exp(-((np.maximum(away, 0) / self.reach) ** 2))
        return fade * self.top, fade * (self.foot - self.top) / self.height


@dataclass(frozen=True)
class Camera:
    """matrix: pixels of the page, once curled, to those of the photograph; size: the photograph's width and height."""

    matrix: Floats
    size: tuple[int, int]
    curl: Curl | None = None
    light: tuple[float, float, float] | None = None
    """Brightness at the darkest place, gamma, and the direction of the shadow in degrees."""
    blur: float = 0.0
    jpeg: int = 92
    desk: int | None = None
    """Seed of the desk around the sheet."""

    def points(self, points: Floats) -> Floats:
        """Points (n, 2) of the page in the photograph."""
        points = np.asarray(points, np.float64)
        if self.curl:
            base, slope = self.curl.lift(points[:, 0])
            points = np.stack([points[:, 0], points[:, 1] + base + slope * points[:, 1]], axis=1)
        there = cv2.perspectiveTransform(points.reshape(-1, 1, 2), self.matrix)
        return np.asarray(there, np.float64).reshape(-1, 2)

    def photograph(self, page: Image) -> Image:
        """What the camera sees of the page, (h, w, 3)."""
        width, height = self.size
        across, down = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
        seen = np.stack([across, down], axis=-1)
        back = cv2.perspectiveTransform(seen.reshape(-1, 1, 2), np.linalg.inv(self.matrix)).reshape(height, width, 2)
        x, y = np.asarray(back[..., 0], np.float64), np.asarray(back[..., 1], np.float64)
        if self.curl:
            base, slope = self.curl.lift(x)
            y = (y - base) / (1 + slope)
        shrunk = float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))
        fine = cv2.GaussianBlur(page, (0, 0), 0.45 / shrunk) if shrunk < 0.9 else page
        rim = np.median(_rim(page), axis=0)
        taken = cv2.remap(
            fine, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, borderValue=tuple(map(float, rim))
        )
        outside = (x < 0) | (y < 0) | (x > page.shape[1] - 1) | (y > page.shape[0] - 1)
        if self.desk is not None:
            taken = np.where(outside[..., None], _desk(self.size, self.desk), taken)
        return self._exposed(np.asarray(taken, np.uint8))

    def _exposed(self, taken: Image) -> Image:
        values = taken.astype(np.float32) / 255
        if self.light:
            darkest, gamma, degrees = self.light
            height, width = taken.shape[:2]
            down, across = np.mgrid[0:height, 0:width].astype(np.float32)
            angle = np.radians(degrees)
            along = np.cos(angle) * (across / width - 0.5) + np.sin(angle) * (down / height - 0.5)
            shade = darkest + (1 - darkest) * (0.5 + along / 1.5).clip(0, 1)
            values = (values * shade[..., None]) ** gamma * 0.9 + 0.04
        if self.blur:
            values = np.asarray(cv2.GaussianBlur(values, (0, 0), self.blur), np.float32)
        return np.asarray((values * 255).clip(0, 255).round(), np.uint8)

    def file(self, page: Image) -> bytes:
        """The photograph as JPEG bytes."""
        done, data = cv2.imencode(".jpg", self.photograph(page), [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
        if not done:
            raise ValueError("photograph cannot be encoded")
        return bytes(data)


def is_sheet(page: Image) -> bool:
    """Whether the picture's rim is paper all around, so that the picture is a whole sheet or a crop of one."""
    return bool(np.percentile(_rim(page).mean(axis=1), 5) > PAPER)


def _rim(page: Image) -> Image:
    return np.concatenate(
        [page[:3].reshape(-1, 3), page[-3:].reshape(-1, 3), page[:, :3].reshape(-1, 3), page[:, -3:].reshape(-1, 3)]
    )


def _desk(size: tuple[int, int], seed: int) -> Image:
    """A brown desk with grain along it."""
    rng = np.random.default_rng(seed)
    width, height = size
    base = np.array([60, 85, 120]) * rng.uniform(0.6, 1.3)
    grain = cv2.GaussianBlur(rng.normal(0, 60, (height, max(8, width // 8))).astype(np.float32), (0, 0), 1.5)
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray((base + grain[..., None]).clip(0, 255), np.uint8)


def _still(page: Image) -> Camera:
    return Camera(np.eye(3), (page.shape[1], page.shape[0]))


def _tilted(page: Image, rng: np.random.Generator, room: float = 0.0) -> Camera:
    """Corners moved by up to 3 %, turned by up to 4 degrees; `room` around the sheet as a share of its longer side."""
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    moved = corners + rng.uniform(-0.03, 0.03, (4, 2)) * (width, height)
    angle = np.radians(rng.choice([-1, 1]) * rng.uniform(1.5, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (moved - corners.mean(0)) @ turn.T
    moved += room * max(width, height) - moved.min(0)
    size = np.ceil(moved.max(0) + room * max(width, height)).astype(int)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
    return Camera(np.asarray(matrix, np.float64), (int(size[0]), int(size[1])))


def _scaled(camera: Camera, ratio: float) -> Camera:
    size = (max(1, round(camera.size[0] * ratio)), max(1, round(camera.size[1] * ratio)))
    return replace(camera, matrix=np.diag([ratio, ratio, 1.0]) @ camera.matrix, size=size)


def _light(rng: np.random.Generator) -> tuple[float, float, float]:
    return float(rng.uniform(0.5, 0.7)), float(rng.uniform(0.8, 1.3)), float(rng.uniform(0, 360))


def _cut(page: Image) -> Camera:
    """Two percent of every margin cut off."""
    height, width = page.shape[:2]
    left, top = round(0.02 * width), round(0.02 * height)
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    return Camera(shift, (width - 2 * left, height - 2 * top))


def _curl(page: Image, rng: np.random.Generator) -> Curl:
    """Lines lifted or lowered by 8 to 20 pixels at the spine, unlike at the top and at the foot."""
    height, width = page.shape[:2]
    top = float(rng.choice([-1, 1]) * rng.uniform(8, 20))
    return Curl(top, top * float(rng.uniform(0.3, 1)), 0.35 * width, height, width if rng.random() < 0.5 else None)


def _phone(page: Image, rng: np.random.Generator) -> Camera:
    """All of it at once, but for the curl; on a desk where the picture is a sheet."""
    desk = is_sheet(page)
    camera = _scaled(_tilted(page, rng, 0.04 if desk else 0.0), float(rng.uniform(0.75, 1.25)))
    return replace(camera, light=_light(rng), blur=0.8, jpeg=60, desk=int(rng.integers(1 << 30)) if desk else None)


def _on_desk(page: Image, rng: np.random.Generator) -> Camera:
    return replace(_tilted(page, rng, 0.05), desk=int(rng.integers(1 << 30)))


CAMERAS: dict[str, Callable[[Image, np.random.Generator], Camera]] = {
    "tilted": _tilted,
    "smaller": lambda page, _: _scaled(_still(page), 0.75),
    "larger": lambda page, _: _scaled(_still(page), 1.25),
    "in shadow": lambda page, rng: replace(_still(page), light=_light(rng)),
    "soft": lambda page, _: replace(_still(page), blur=0.8, jpeg=60),
    "cut": lambda page, _: _cut(page),
    "on a desk": _on_desk,
    "curled": lambda page, rng: replace(_still(page), curl=_curl(page, rng)),
    "by a phone": _phone,
}
"""By what is done to the page."""


def camera(name: str, page: Image, seed: str) -> Camera:
    """The named camera, as `seed` draws it for this page."""
    return CAMERAS[name](page, np.random.default_rng(zlib.crc32(f"{name}/{seed}".encode())))

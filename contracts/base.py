"""The base of every model that crosses a process boundary."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """Frozen and tolerant: a reader ignores fields that a newer writer added; a writer only adds optional ones."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


Point = tuple[float, float]
"""(x, y) in pixels of the rectified page."""

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1), upright, in pixels of the rectified page."""

Quad = tuple[Point, Point, Point, Point]
"""Four corners, clockwise from top left, in pixels of the rectified page."""

Matrix3 = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""A 3x3 homography, row-major."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share, probability or confidence in 0..1."""

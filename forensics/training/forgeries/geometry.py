"""Cut-out parts of pictures and how they are turned, scaled and tilted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.training.forgeries.kinds import Mask, Picture

_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_LARGEST_SIDE = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A rectangle of pixels, and which of them are meant.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        RGB, with some px of context around the region.
    mask : ndarray of bool, shape (h, w)
        The region.
    """

    pixels: Picture = field(repr=False)
    mask: Mask = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pose:
    """How a patch is changed before it is pasted.

    Attributes
    ----------
    scale : float
        Along both axes.
    angle : float
        Degrees, counter-clockwise.
    flip : bool
        Whether left and right change places.
    tilt : tuple of float
        Perspective along x and y: how much larger the far side becomes.
    """

    scale: float = 1.0
    angle: float = 0.0
    flip: bool = False
    tilt: tuple[float, float] = (0.0, 0.0)

    @property
    def resamples(self) -> bool:
        """Whether pixels are interpolated."""
        return (self.scale, self.angle, self.tilt) != (1.0, 0.0, (0.0, 0.0))

    def __str__(self) -> str:
        parts = [
            f"scaled by {self.scale:.2f}" if self.scale != 1.0 else "",
            f"turned by {self.angle:.0f} degrees" if self.angle else "",
            "flipped" if self.flip else "",
            "tilted" if any(self.tilt) else "",
        ]
        return ", ".join(part for part in parts if part) or "moved only"


def draw_pose(rng: np.random.Generator, *, still: float, tilted: float = 0.0) -> Pose:
    """Draw a pose; ``still`` is the share that is moved only, without resampling."""
    flip = bool(rng.random() < 0.2)
    if rng.random() < still:
        return Pose(flip=flip)
    turned, scaled = rng.random() < 0.6, rng.random() < 0.75
    angle = float(rng.normal(0, 18)) if turned else 0.0
    if turned and rng.random() < 0.1:
        angle = float(rng.uniform(-180, 180))
    scale = math.exp(rng.uniform(math.log(0.5), math.log(1.7))) if scaled else 1.0
    tilt = (0.0, 0.0)
    if rng.random() < tilted:
        tilt = (float(rng.uniform(-0.25, 0.25)), float(rng.uniform(-0.25, 0.25)))
    return Pose(scale=scale, angle=angle, flip=flip, tilt=tilt)


def cut(picture: Picture, mask: Mask, *, margin: int) -> tuple[Patch, int, int]:
    """Cut a region out with some context; return it with its top and left."""
    top, bottom, left, right = bounds(mask, margin=margin)
    area = np.s_[top:bottom, left:right]
    return Patch(picture[area].copy(), mask[area].copy()), top, left


def posed(rng: np.random.Generator, patch: Patch, pose: Pose) -> Patch:
    """Flip, scale, turn and tilt a patch; its size follows."""
    pixels, mask = patch.pixels, patch.mask
    if pose.flip:
        pixels, mask = pixels[:, ::-1].copy(), mask[:, ::-1].copy()
    if not pose.resamples:
        return Patch(pixels, mask)
    height, width = mask.shape
    matrix, size = _matrix(pose, height=height, width=width)
    if pose.scale < 0.8:
        pixels, matrix = _reduced(pixels, matrix, pose.scale)
    method = _INTERPOLATIONS[int(rng.integers(len(_INTERPOLATIONS)))]
    moved = cv2.warpPerspective(
        pixels, matrix, size, flags=method, borderMode=cv2.BORDER_REFLECT_101
    )
    if pose.scale < 0.8:
        matrix = matrix @ np.diag(
            (pixels.shape[1] / width, pixels.shape[0] / height, 1.0)
        )
    cover = cv2.warpPerspective(
        mask.astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR
    )
    return Patch(np.asarray(moved, np.uint8), np.asarray(cover > 0.5, np.bool_))


def _reduced(
    pixels: Picture, matrix: NDArray[np.float64], scale: float
) -> tuple[Picture, NDArray[np.float64]]:
    """Average before strong reductions, which would alias otherwise."""
    height, width = pixels.shape[:2]
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    undo = np.diag((width / size[0], height / size[1], 1.0))
    return np.asarray(small, np.uint8), matrix @ undo


def _matrix(
    pose: Pose, *, height: int, width: int
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return the warp and the (width, height) that hold the whole warped patch."""
    turn = math.radians(pose.angle)
    cosine, sine = math.cos(turn) * pose.scale, math.sin(turn) * pose.scale
    linear = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    centred = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
    lean = np.eye(3)
    lean[2, :2] = pose.tilt[0] / width, pose.tilt[1] / height
    matrix = lean @ linear @ centred
    corners = np.array(
        [[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]], np.float64
    )
    warped = matrix @ corners
    x, y = warped[0] / warped[2], warped[1] / warped[2]
    shift = np.array([[1, 0, -x.min()], [0, 1, -y.min()], [0, 0, 1.0]])
    size = [
        int(min(math.ceil(float(np.ptp(line))) + 1, _LARGEST_SIDE)) for line in (x, y)
    ]
    return shift @ matrix, (size[0], size[1])


def bounds(mask: Mask, *, margin: int = 0) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of the True part, cut to the picture.

    Raises
    ------
    ValueError
        Where nothing is True.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        raise ValueError("Expected a mask with a True pixel, received an empty one.")
    height, width = mask.shape
    return (
        max(int(rows[0]) - margin, 0),
        min(int(rows[-1]) + 1 + margin, height),
        max(int(columns[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, width),
    )

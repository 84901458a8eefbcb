"""Which of two equal regions was pasted: the one whose outline is a cut."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from forensics.analysis.copy_move.working import Mask, Plane

_OUTSIDE, _INSIDE = 5, 3
_FLOOR = 0.2


def asymmetry(light: Plane, first: Mask, second: Mask) -> float:
    """Compare how much the luminance jumps across the two outlines.

    Across a pasted region's outline the picture changes where it need not, so that
    gradients across it exceed those along it. Around the original the same line runs
    through undisturbed content.

    Returns
    -------
    float
        Logarithm of the first region's ratio of gradients, across over along, to the
        second's: positive where the first looks pasted.
    """
    return math.log(_jump(light, first) / _jump(light, second))


def _jump(light: Plane, region: Mask) -> float:
    rows, columns = np.nonzero(region)
    if not len(rows):
        return 1.0
    reach = 2 * _OUTSIDE + 4
    window = (
        slice(max(0, rows.min() - reach), rows.max() + reach + 1),
        slice(max(0, columns.min() - reach), columns.max() + reach + 1),
    )
    mask = region[window].astype(np.uint8)
    right, down = _gradient(light[window])
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3.0)
    normal_x, normal_y = _gradient(soft)
    length = np.hypot(normal_x, normal_y) + 1e-6
    across = np.abs(right * normal_x + down * normal_y) / length
    along = np.abs(right * normal_y - down * normal_x) / length
    outer = cv2.dilate(mask, _disk(_OUTSIDE))
    outline = (outer > 0) & (cv2.erode(mask, _disk(_INSIDE)) == 0)
    if not outline.any():
        return 1.0
    return float((across[outline].mean() + _FLOOR) / (along[outline].mean() + _FLOOR))


def _gradient(plane: cv2.typing.MatLike) -> tuple[Plane, Plane]:
    both = (cv2.Sobel(plane, cv2.CV_32F, dx, 1 - dx, scale=0.125) for dx in (1, 0))
    right, down = (np.asarray(part, dtype=np.float32) for part in both)
    return right, down


def _disk(radius: int) -> cv2.typing.MatLike:
    side = 2 * radius + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))

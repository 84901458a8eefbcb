"""An encoder for the marks that the analyzer reads, written for the tests.

It does what the package invisible-watermark 0.2.0 does, to the pixel: that was checked
against the package, which is not installed here, with
``python -m benchmarks.bench_synthetic PHOTOS --package FOLDER``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import pywt
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STEP = 36.0
Method = Literal["dwtDct", "dwtDctSvd"]


def marked(
    picture: Image.Image, bits: Sequence[int], *, method: Method, floats: bool = False
) -> Image.Image:
    """Write a message into a picture.

    Generators that call the encoder on tensors hand it ``floats``.
    """
    pixels = np.asarray(picture)[:, :, ::-1]
    levels = pixels.astype(np.float32) if floats else np.ascontiguousarray(pixels)
    written = marked_levels(levels, bits, method=method)
    whole = np.round(written).clip(0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(whole[:, :, ::-1]))


def marked_levels(
    bgr: NDArray[np.generic], bits: Sequence[int], *, method: Method
) -> NDArray[np.generic]:
    """Write a message into levels, blue first, of either type."""
    yuv = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV)
    rows, columns = (side // 4 * 4 for side in bgr.shape[:2])
    band, (across, down, both) = pywt.dwt2(yuv[:rows, :columns, 1], "haar")
    count = 0
    for top in range(0, band.shape[0] // 4 * 4, 4):
        for left in range(0, band.shape[1] // 4 * 4, 4):
            block = band[top : top + 4, left : left + 4]
            bit = bits[count % len(bits)]
            block[:] = (
                _singular(block, bit) if "Svd" in method else _largest(block, bit)
            )
            count += 1
    # The package swaps the two bands of edges, and so must we.
    back = pywt.idwt2((band, (down, across, both)), "haar")
    yuv[:rows, :columns, 1] = back.astype(yuv.dtype)
    return cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR)


def _placed(value: float, bit: int) -> float:
    return float((value // STEP + 0.25 + 0.5 * bit) * STEP)


def _largest(block: NDArray[np.floating], bit: int) -> NDArray[np.floating]:
    flat = block.flatten()
    at = int(np.argmax(np.abs(flat[1:]))) + 1
    flat[at] = np.copysign(_placed(abs(flat[at]), bit), flat[at])
    return flat.reshape(4, 4)


def _singular(block: NDArray[np.floating], bit: int) -> NDArray[np.floating]:
    left, values, right = np.linalg.svd(cv2.dct(block))
    values[0] = _placed(values[0], bit)
    return np.asarray(cv2.idct(np.dot(left, np.dot(np.diag(values), right))))

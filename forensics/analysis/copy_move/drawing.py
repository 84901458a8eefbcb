"""Where copies lie: outlines and lines for people, a map for the other signals."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from forensics.analysis.copy_move.decision import first_is_pasted, probability
from forensics.analysis.copy_move.transforms import apply
from forensics.analysis.copy_move.working import mean_around
from forensics.analysis.rendering import upright
from forensics.analysis.types import EvidenceImage, Localization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forensics.analysis.copy_move.verification import Pair
    from forensics.analysis.copy_move.working import Mask, Working
    from forensics.analysis.image import ImageEvidence

CELL = 8
_LONG_SIDE = 1600
_ORIGINAL, _COPY, _LINE = (0, 200, 255), (255, 120, 0), (255, 255, 255)
_MOST_LINES = 12
_CAPTION = (
    "Regions that hold the same picture: the likely copy in orange, the likely "
    "original in blue, lines between matching places. Which is which is a guess from "
    "the outlines. Similar textures, prints and repeated parts can look like copies."
)


def localize(signals: Sequence[tuple[Pair, float]], working: Working) -> Localization:
    """Map P(edited): a pair's probability, on the side that looks pasted.

    Where the outlines do not tell which side that is, both are marked.

    Parameters
    ----------
    signals : sequence of (Pair, float)
        With their log-odds.
    working : Working
        Gives the sizes.
    """
    columns, rows = (-(-side // CELL) for side in working.stored)
    values = np.zeros((rows, columns), dtype=np.float32)
    for pair, signal in signals:
        chance, pasted = probability(signal), first_is_pasted(pair)
        for mask, side in ((pair.first, pasted), (pair.second, 1.0 - pasted)):
            part = chance * min(1.0, 2.0 * side)
            covered = _in_cells(mask, working, (rows, columns))
            np.maximum(values, np.float32(part) * covered, out=values)
    return Localization(values, CELL)


def _in_cells(
    mask: Mask, working: Working, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Share of each cell of the stored picture that a working mask covers."""
    window = max(1, round(CELL * max(working.scale))) | 1
    soft = mean_around(mask.astype(np.float32), window)
    middles = (
        np.clip(((np.arange(n) + 0.5) * CELL * scale - 0.5).round(), 0, side - 1)
        for n, scale, side in zip(shape, working.scale[::-1], mask.shape, strict=True)
    )
    rows, columns = (m.astype(int) for m in middles)
    return soft[np.ix_(rows, columns)]


def draw(
    evidence: ImageEvidence, pairs: Sequence[Pair], working: Working
) -> EvidenceImage:
    """Outline the regions on the picture, reduced and upright."""
    fitted = evidence.pixels.copy()
    fitted.thumbnail((_LONG_SIDE, _LONG_SIDE), reducing_gap=2.0)
    canvas = np.array(fitted)
    for pair in pairs:
        _draw_pair(canvas, pair, working)
    picture = upright(Image.fromarray(canvas), evidence.orientation)
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=85, method=2)
    return EvidenceImage(
        kind="copy_move",
        data=buffer.getvalue(),
        media_type="image/webp",
        width=picture.width,
        height=picture.height,
        caption=_CAPTION,
    )


def _draw_pair(canvas: NDArray[np.uint8], pair: Pair, working: Working) -> None:
    rows, columns = canvas.shape[:2]
    ratio = np.array([columns, rows]) / working.gray.shape[::-1]
    width = max(1, round(max(rows, columns) / 500))
    is_first = first_is_pasted(pair) > 0.5
    places = pair.candidate.places[:: -(-pair.candidate.inliers // _MOST_LINES)]
    ends = (places * ratio, apply(pair.affine, places) * ratio)
    for start, end in zip(
        *(np.round(e).astype(int).tolist() for e in ends), strict=True
    ):
        cv2.line(canvas, start, end, _LINE, 1, cv2.LINE_AA)
    for mask, pasted in ((pair.first, is_first), (pair.second, not is_first)):
        shown = cv2.resize(mask.astype(np.uint8), (columns, rows))
        outlines, _ = cv2.findContours(
            shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        color = _COPY if pasted else _ORIGINAL
        cv2.drawContours(canvas, outlines, -1, color, width, cv2.LINE_AA)

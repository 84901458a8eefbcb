"""What a moderator reads and sees of a picture's compressions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from forensics.analysis.jpeg_traces.overlay import heat, laid_over

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.analysis.double_jpeg.analyzer import History
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.types import EvidenceImage

_CAPTION: Final = (
    "Bright: places that do not share the compressions of the rest of the picture. "
    "Pasted parts look like this; so do captions, logos and frames added to an "
    "honest picture, and parts of a collage."
)

_NOTHING_COMPARED: Final = (
    "No place stands out; after scaling or a coarse last saving that proves nothing."
)


def summary_of(history: History) -> str:
    """Say in words what was found, and that re-saving is honest."""
    return " ".join([*_whole_picture(history), *_places(history)])


def _whole_picture(history: History) -> list[str]:
    words = []
    if history.aligned is not None:
        quality = history.aligned.table.quality
        about = "" if quality is None else f" at a quality of about {quality}"
        words.append(f"The picture was compressed as JPEG before{about}.")
    if history.earlier is not None:
        words.append(
            "It shows the grid of an earlier JPEG that was cropped and saved again."
        )
    if not words and history.own is not None and math.isfinite(history.own.surprise):
        words.append("The pixels show the 8-px grid of a JPEG.")
    if not words:
        return ["No JPEG compression before the last one was found."]
    return [*words, "Messengers and web sites do this too: by itself it means nothing."]


def _places(history: History) -> list[str]:
    codes, words = history.codes, []
    if "local_double_jpeg" in codes:
        words.append("A region lacks the earlier compression that the rest has.")
    if "foreign_grid" in codes:
        words.append(
            "A region carries the grid of another JPEG, as a part pasted from it would."
        )
    if not words:
        if history.aligned is None:
            return [_NOTHING_COMPARED]
        return ["No part clearly differs from the rest in this."]
    return [*words, "Captions, logos and collages look the same."]


def heat_map(
    evidence: ImageEvidence, probabilities: NDArray[np.float32]
) -> EvidenceImage:
    """Lay P(edited) of 8-px cells over the darkened picture, upright.

    Parameters
    ----------
    evidence : ImageEvidence
        The picture.
    probabilities : ndarray of float32, shape (rows, columns)
        0..1 of each cell, the last ones reaching past the border.
    """
    return laid_over(
        evidence, heat(probabilities), cell=8, kind="double_jpeg", caption=_CAPTION
    )

"""What the generator makes: kinds of edits, a finished forgery, an edit on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Picture: TypeAlias = "NDArray[np.uint8]"
Mask: TypeAlias = "NDArray[np.bool_]"
Alpha: TypeAlias = "NDArray[np.float32]"


class ForgeryKind(StrEnum):
    """What was done to a part of the picture. Stable words, used in manifests."""

    UNTOUCHED = "untouched"
    SPLICE = "splice"
    COPY_MOVE = "copy_move"
    REMOVAL = "removal"
    CLONE = "clone"
    BLUR = "blur"
    SHARPEN = "sharpen"
    RESAMPLE = "resample"
    RECOLOR = "recolor"
    NOISE = "noise"
    RECOMPRESS = "recompress"


DEFAULT_KINDS: dict[ForgeryKind, float] = {
    ForgeryKind.SPLICE: 0.34,
    ForgeryKind.COPY_MOVE: 0.20,
    ForgeryKind.REMOVAL: 0.14,
    ForgeryKind.CLONE: 0.06,
    ForgeryKind.BLUR: 0.06,
    ForgeryKind.SHARPEN: 0.04,
    ForgeryKind.RESAMPLE: 0.05,
    ForgeryKind.RECOLOR: 0.05,
    ForgeryKind.NOISE: 0.04,
    ForgeryKind.RECOMPRESS: 0.02,
}


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """A picture after one local edit, before its later history.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    mask : ndarray of bool, shape (H, W)
        Where the edit's weight is at least one half.
    origin : ndarray of bool, shape (H, W), or None
        Where the copied pixels were taken from, less what was pasted over.
    words : tuple of str
        What was done, in order.
    donor : str or None
        File name of the other photograph that took part.
    """

    pixels: Picture = field(repr=False)
    mask: Mask = field(repr=False)
    origin: Mask | None = field(default=None, repr=False)
    words: tuple[str, ...] = ()
    donor: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Forgery:
    """One finished sample, as a decoder sees it.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, decoded from ``data``.
    mask : ndarray of bool, shape (H, W)
        True where the picture was edited; all False if untouched. Of a copy-move it
        marks the pasted copies, not what they were copied from.
    kind : ForgeryKind
        Untouched, or the edit.
    data : bytes
        The final file, JPEG or PNG, without metadata.
    table : ndarray of uint8 or uint16, shape (8, 8), or None
        Luma quantization table of the final JPEG in natural (not zigzag) order;
        None for a PNG.
    history : tuple of str
        What was done, in order.
    origin : ndarray of bool, shape (H, W), or None
        Of copy-moves and clones, the source regions; else None.
    sources : tuple of str
        File names of the photograph and, of a splice, of its donor.
    """

    pixels: Picture = field(repr=False)
    mask: Mask = field(repr=False)
    kind: ForgeryKind
    data: bytes = field(repr=False)
    table: NDArray[np.uint8] | NDArray[np.uint16] | None = field(repr=False)
    history: tuple[str, ...]
    origin: Mask | None = field(default=None, repr=False)
    sources: tuple[str, ...] = ()

"""Forgeries on the fly: each sample is a function of the seed and its index alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.errors import DatasetError
from forensics.training.forgeries.copies import clone, copy_move
from forensics.training.forgeries.geometry import bounds
from forensics.training.forgeries.history import (
    MIN_SIDE,
    After,
    Before,
    decode,
    draw_after,
    draw_before,
    encode_last,
    live_after,
    live_before,
)
from forensics.training.forgeries.kinds import (
    DEFAULT_KINDS,
    Edit,
    Forgery,
    ForgeryKind,
)
from forensics.training.forgeries.removal import removal
from forensics.training.forgeries.retouch import retouch
from forensics.training.forgeries.sources import LEAST_VIEW, SourcePool
from forensics.training.forgeries.splice import splice
from forensics.training.forgeries.tones import (
    GlobalEdit,
    draw_global_edit,
    edit_whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forensics.training.forgeries.kinds import Mask, Picture

# Processes, not threads, share the cores; and one thread always rounds alike.
cv2.setNumThreads(1)

_CACHE_BYTES = 384 * 1024 * 1024
_EPOCH = 4096
_ATTEMPTS = 24
_LEAST_CHANGE = 1.2
_LEAST_AREA = 0.002
_LIFE, _EDIT, _KIND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class _Life:
    """All that a sample's class has no part in."""

    canvas: Picture
    number: int
    source: str
    side: int
    tone: GlobalEdit | None
    after: After
    words: tuple[str, ...]


class ForgeryGenerator:
    """Makes tampered and untouched pictures that differ by a local edit only.

    Source, framing, first coding, edits of the whole picture, later resizing and the
    last coding come from one random stream, the class and its edit from another: an
    untouched picture is what the forgery with the same index would be without the edit.
    Its edit is made, too, and thrown away: pictures on which none can be seen (flat
    skies) would otherwise be found among the untouched only.

    Parameters
    ----------
    sources : sequence of Path
        Authentic photographs, at least 192 px on the short side; those that cannot be
        read are passed over and named in `skipped`.
    side : int or tuple of int
        Largest side of the finished pictures, px, or the least and the greatest of a
        range from which one is drawn for each. Of smaller sources (and after strong
        reduction) the pictures are smaller, 192 px at least.
    seed : int
        Not negative.
    kinds : mapping of ForgeryKind to float, optional
        Weights of the edits; by default all of them, splices and copy-moves most.
    untouched : float
        Share of untouched pictures, 0..1.
    cache_bytes : int
        Memory for decoded sources, in each process.
    least_view : int
        Long side, px, that large sources are reduced to at most.
    developed : float
        Share of splices' donors that were sharpened, denoised or left grainy.

    Raises
    ------
    DatasetError
        Where there is no source.
    ValueError
        Where a parameter is out of range.
    """

    def __init__(  # noqa: PLR0913 - what a run may want to choose
        self,
        sources: Sequence[Path],
        *,
        side: int | tuple[int, int] = 512,
        seed: int,
        kinds: Mapping[ForgeryKind, float] | None = None,
        untouched: float = 0.5,
        cache_bytes: int = _CACHE_BYTES,
        least_view: int = LEAST_VIEW,
        developed: float = 0.0,
    ) -> None:
        least, most = (side, side) if isinstance(side, int) else side
        if not MIN_SIDE <= least <= most:
            raise ValueError(
                f"Expected sides of {MIN_SIDE} px or more, received {side}."
            )
        if not 0.0 <= untouched <= 1.0:
            raise ValueError(f"Expected untouched in 0..1, received {untouched}.")
        self._sides = (least, most)
        self._seed = seed
        self._untouched = untouched
        self._kinds, self._weights = _normalized(kinds)
        self._developed = developed
        self._pool = SourcePool(
            sources, seed=seed, cache_bytes=cache_bytes, least_view=least_view
        )

    @property
    def skipped(self) -> dict[Path, str]:
        """Sources found unusable so far, and why."""
        return dict(self._pool.skipped)

    def make(self, index: int) -> Forgery:
        """Make one sample; the same index gives the same one in every process.

        Parameters
        ----------
        index : int
            Not negative. Large sources are cut or reduced anew every 4,096 indices,
            so that neighbouring indices share decoded pictures.

        Returns
        -------
        Forgery
            An edit that could not be seen (a flat sky copied onto itself) is tried
            again elsewhere, at last on other pictures.

        Raises
        ------
        DatasetError
            Where no source can be used, or none shows an edit of the asked kinds.
        """
        kind, is_untouched = self._kind(index)
        for attempt in range(_ATTEMPTS):
            life = self._live(index, attempt // 2)
            rng = self._stream(index, _EDIT, attempt)
            edit = self._edited(rng, life, kind, index)
            if not _visible(life.canvas, edit):
                continue
            if is_untouched:
                edit = Edit(life.canvas, edit.mask)
            forgery = _finish(life, kind, edit)
            if forgery.mask.any():
                return _unmarked(forgery) if is_untouched else forgery
        raise DatasetError(
            f"No {kind} that can be seen came about in {_ATTEMPTS} tries. "
            "The source photographs may be flat; give others."
        )

    def _stream(self, index: int, purpose: int, attempt: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, index, purpose, attempt])

    def _kind(self, index: int) -> tuple[ForgeryKind, bool]:
        """Draw the edit, and whether it is only made to be thrown away."""
        rng = self._stream(index, _KIND, 0)
        is_untouched = bool(rng.random() < self._untouched)
        kind = self._kinds[int(rng.choice(len(self._kinds), p=self._weights))]
        return kind, is_untouched

    def _live(self, index: int, attempt: int) -> _Life:
        """Draw all but the edit, and lead the source up to it."""
        rng = self._stream(index, _LIFE, attempt)
        number, view = self._pool.draw(rng, epoch=index // _EPOCH)
        side = int(rng.integers(self._sides[0], self._sides[1] + 1))
        before, after = draw_before(rng), draw_after(rng)
        tone = draw_global_edit(rng)
        canvas = _framed(rng, view, before, after.needed(side))
        canvas, words = live_before(canvas, before)
        if tone is not None and tone.first:
            canvas = edit_whole(canvas, tone)
            words = (*words, str(tone))
        return _Life(canvas, number, self._pool.name(number), side, tone, after, words)

    def _edited(
        self, rng: np.random.Generator, life: _Life, kind: ForgeryKind, index: int
    ) -> Edit:
        if kind is ForgeryKind.SPLICE:
            number, donor = self._pool.draw(
                rng, epoch=index // _EPOCH, other_than=life.number
            )
            edit = splice(rng, life.canvas, donor, developed=self._developed)
            return replace(edit, donor=self._pool.name(number))
        if kind is ForgeryKind.COPY_MOVE:
            return copy_move(rng, life.canvas)
        if kind is ForgeryKind.CLONE:
            return clone(rng, life.canvas)
        if kind is ForgeryKind.REMOVAL:
            return removal(rng, life.canvas)
        return retouch(rng, life.canvas, kind)


def _normalized(
    kinds: Mapping[ForgeryKind, float] | None,
) -> tuple[tuple[ForgeryKind, ...], tuple[float, ...]]:
    given = DEFAULT_KINDS if kinds is None else kinds
    chosen = {kind: weight for kind, weight in given.items() if weight != 0}
    if not chosen or min(chosen.values()) < 0 or ForgeryKind.UNTOUCHED in chosen:
        raise ValueError(
            "Expected positive weights of kinds of edits (untouched has a share of "
            f"its own), received {dict(given)}."
        )
    total = math.fsum(chosen.values())
    return tuple(chosen), tuple(weight / total for weight in chosen.values())


def _framed(
    rng: np.random.Generator, view: Picture, before: Before, wanted: int
) -> Picture:
    """Cut the part that becomes the canvas; half of them on the source's JPEG grid."""
    scale = 1.0 if before.resize is None else before.resize.scale
    sides = [
        min(side, math.ceil(wanted / scale) + shift)
        for side, shift in zip(view.shape[:2], before.shift, strict=True)
    ]
    step = 16 if rng.random() < 0.5 else 1
    top, left = (
        int(rng.integers(have - need + 1)) // step * step
        for have, need in zip(view.shape[:2], sides, strict=True)
    )
    part = view[top : top + sides[0], left : left + sides[1]]
    turned = np.rot90(part, int(rng.integers(4))) if rng.random() < 0.2 else part
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)


def _visible(canvas: Picture, edit: Edit) -> bool:
    """Tell whether the edit changed its region by more than rounding does."""
    if edit.mask.mean() < _LEAST_AREA:
        return False
    top, bottom, left, right = bounds(edit.mask)
    area = np.s_[top:bottom, left:right]
    change = cv2.absdiff(edit.pixels[area], canvas[area])[edit.mask[area]]
    return float(change.max(1).mean()) >= _LEAST_CHANGE


def _unmarked(forgery: Forgery) -> Forgery:
    nothing = np.zeros_like(forgery.mask)
    return replace(forgery, kind=ForgeryKind.UNTOUCHED, mask=nothing)


def _finish(life: _Life, kind: ForgeryKind, edit: Edit) -> Forgery:
    """Lead the canvas, edited or not, through its later life into a file."""
    canvas, words = edit.pixels, (*life.words, *edit.words)
    donors = () if edit.donor is None else (edit.donor,)
    masks: tuple[Mask, ...] = (edit.mask,)
    if edit.origin is not None:
        masks = (edit.mask, edit.origin)
    if life.tone is not None and not life.tone.first:
        canvas, words = edit_whole(canvas, life.tone), (*words, str(life.tone))
    canvas, masks, later = live_after(canvas, masks, life.after)
    canvas, masks = _trimmed(canvas, masks, life.side)
    data, last = encode_last(canvas, life.after)
    pixels, table = decode(data)
    return Forgery(
        pixels=pixels,
        mask=masks[0],
        kind=kind,
        data=data,
        table=table,
        history=(*words, *later, last),
        origin=masks[1] if len(masks) > 1 else None,
        sources=(life.source, *donors),
    )


def _trimmed(
    canvas: Picture, masks: tuple[Mask, ...], side: int
) -> tuple[Picture, tuple[Mask, ...]]:
    """Cut what rounding left beyond the wanted side."""
    kept = np.s_[:side, :side]
    return np.ascontiguousarray(canvas[kept]), tuple(mask[kept] for mask in masks)

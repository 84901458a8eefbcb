"""Edits of whole pictures, which both classes get: only a local difference may tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.history import sharpened

if TYPE_CHECKING:
    from forensics.training.forgeries.kinds import Picture

_SHARE = 0.28


class Tone(StrEnum):
    """What is done to a whole picture."""

    BLUR = "blurred"
    SHARPEN = "sharpened"
    NOISE = "grained"
    RECOLOR = "recolored"
    MEDIAN = "median-filtered"


@dataclass(frozen=True, slots=True)
class GlobalEdit:
    """An edit of the whole picture, before or after the local one."""

    tone: Tone
    seed: int
    first: bool

    def __str__(self) -> str:
        return f"{self.tone} as a whole"


def draw_global_edit(rng: np.random.Generator) -> GlobalEdit | None:
    """Draw one for a share of the pictures."""
    if rng.random() >= _SHARE:
        return None
    tone = list(Tone)[int(rng.choice(5, p=(0.2, 0.25, 0.2, 0.3, 0.05)))]
    return GlobalEdit(
        tone=tone, seed=int(rng.integers(2**31)), first=bool(rng.random() < 0.5)
    )


def edit_whole(picture: Picture, edit: GlobalEdit) -> Picture:
    """Apply it; its own seed makes it independent of what came before."""
    rng = np.random.default_rng(edit.seed)
    if edit.tone is Tone.RECOLOR:
        return recolored(rng, picture, strength=0.7)
    if edit.tone is Tone.SHARPEN:
        return sharpened(
            picture,
            amount=float(rng.uniform(0.3, 1.5)),
            sigma=float(rng.uniform(0.6, 2)),
        )
    if edit.tone is Tone.NOISE:
        return _grained(rng, picture)
    if edit.tone is Tone.MEDIAN:
        return np.asarray(cv2.medianBlur(picture, 3), np.uint8)
    return np.asarray(
        cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.5))), np.uint8
    )


def _grained(rng: np.random.Generator, picture: Picture) -> Picture:
    layers = 1 if rng.random() < 0.4 else 3
    grain = rng.standard_normal((*picture.shape[:2], layers), dtype=np.float32)
    grain *= np.float32(rng.uniform(1, 6))
    return np.asarray(np.clip(np.rint(picture + grain), 0, 255), np.uint8)


def recolored(
    rng: np.random.Generator, picture: Picture, *, strength: float
) -> Picture:
    """Change hue and saturation, or bend the brightness, or weigh the channels."""
    way = rng.random()
    if way < 0.4:
        return _other_hue(rng, picture, strength)
    if way < 0.75:
        return _bent(rng, picture, strength)
    gains = np.exp(rng.normal(0, 0.14 * strength, 3))
    curve = np.arange(256)[:, None] * gains
    return _looked_up(picture, curve)


def _other_hue(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    turn = round(rng.normal(0, 22 * strength))
    gain = float(np.exp(rng.normal(0, 0.35 * strength)))
    steps = np.arange(256)
    tables = np.stack(
        ((steps + turn) % 180, np.clip(np.rint(steps * gain), 0, 255), steps), -1
    )
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    turned = cv2.LUT(hsv, tables.astype(np.uint8)[None])
    return np.asarray(cv2.cvtColor(turned, cv2.COLOR_HSV2RGB), np.uint8)


def _bent(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    gamma = float(np.exp(rng.normal(0, 0.3 * strength)))
    contrast = float(np.exp(rng.normal(0, 0.15 * strength)))
    bias = float(rng.normal(0, 10 * strength))
    steps = 255.0 * (np.arange(256) / 255.0) ** gamma
    curve = (steps - 128.0) * contrast + 128.0 + bias
    return _looked_up(picture, np.repeat(curve[:, None], 3, 1))


def _looked_up(picture: Picture, curve: np.ndarray) -> Picture:
    table = np.clip(np.rint(curve), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)

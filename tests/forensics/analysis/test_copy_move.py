"""Copy-move: known copies are found and measured; likenesses are not accused."""

from __future__ import annotations

import json
import math
from functools import cache
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from skimage import data as pictures

from forensics.analysis.copy_move import CopyMoveAnalyzer
from forensics.analysis.image import load_evidence
from forensics.analysis.types import Finding, Limits, NotApplicableError
from tests.images import encode, exif_block, jpeg, photo_like, png

SOURCE = (200, 30, 300, 130)


@cache
def photograph(name: str = "astronaut") -> Image.Image:
    return Image.fromarray(getattr(pictures, name)()).convert("RGB")


def analyze(data: bytes) -> Finding:
    return CopyMoveAnalyzer().analyze(load_evidence(data, Limits()))


def shifted(name: str = "astronaut", to: tuple[int, int] = (20, 390)) -> Image.Image:
    forged = photograph(name).copy()
    forged.paste(forged.crop(SOURCE), to)
    return forged


def warped(
    *, degrees: float = 0.0, scale: float = 1.0, mirrored: bool = False
) -> tuple[Image.Image, np.ndarray[Any, Any]]:
    """Copy a disk of the picture elsewhere, turned about its middle."""
    pixels = np.asarray(photograph())
    angle = math.radians(degrees)
    linear = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    linear = linear @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    here, there = np.array([250.0, 80.0]), np.array([110.0, 400.0])
    affine = np.c_[linear, there - linear @ here]
    size = pixels.shape[1::-1]
    moved = cv2.warpAffine(pixels, affine, size, flags=cv2.INTER_CUBIC)
    disk = np.zeros(pixels.shape[:2], np.uint8)
    cv2.circle(disk, (250, 80), 52, 1, -1)
    mask = cv2.warpAffine(disk, affine, size, flags=cv2.INTER_NEAREST) > 0
    return Image.fromarray(np.where(mask[..., None], moved, pixels)), mask


def strongest(finding: Finding) -> dict[str, Any]:
    pairs = finding.data["pairs"]
    assert isinstance(pairs, list)
    pair: dict[str, Any] = pairs[0]
    return pair


def marked(finding: Finding, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    assert finding.localization is not None
    cell = finding.localization.cell
    whole = np.kron(finding.localization.values, np.ones((cell, cell)))
    return whole[: size[1], : size[0]] >= 0.5


def f1(found: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> float:
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


def box_mask(size: tuple[int, int], box: tuple[int, ...]) -> np.ndarray[Any, Any]:
    mask = np.zeros(size[::-1], np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


def test_a_copy_is_reported_with_its_shift_and_both_places() -> None:
    finding = analyze(jpeg(shifted(), quality=85))
    assert finding.codes == ("copy_move",)
    assert finding.score is not None
    assert finding.score > 0.8
    pair = strongest(finding)
    assert np.abs(np.abs(pair["translation"]) - [180, 360]).max() < 1.0
    assert abs(pair["rotation_deg"]) < 0.5
    assert abs(pair["scale"] - 1.0) < 0.01
    assert pair["mirrored"] is False
    assert pair["residual_correlation"] > 0.8
    assert 0.6 * 10_000 < pair["area_px"] < 1.3 * 10_000
    boxes = sorted([pair["source_box"], pair["copy_box"]])
    assert np.abs(np.array(boxes[0]) - [20, 390, 120, 490]).max() < 14
    assert np.abs(np.array(boxes[1]) - SOURCE).max() < 14


def test_the_map_marks_the_pasted_side() -> None:
    forged = shifted()
    finding = analyze(jpeg(forged, quality=90))
    assert strongest(finding)["copy_box"][0] < 100
    truth = box_mask(forged.size, (20, 390, 120, 490))
    assert f1(marked(finding, forged.size), truth) > 0.75


@pytest.mark.parametrize(
    ("degrees", "scale", "side"),
    [(25.0, 1.0, 1), (-160.0, 1.0, 1), (0.0, 1.3, 1), (40.0, 0.8, 1), (0.0, 1.0, -1)],
)
def test_turned_scaled_and_mirrored_copies_are_measured(
    degrees: float, scale: float, side: int
) -> None:
    mirrored = side < 0
    forged, mask = warped(degrees=degrees, scale=scale, mirrored=mirrored)
    finding = analyze(jpeg(forged, quality=90))
    assert finding.codes == ("copy_move",)
    pair = strongest(finding)
    assert pair["mirrored"] is mirrored
    forward = abs(math.log(pair["scale"] / scale)) < 0.03
    assert forward or abs(math.log(pair["scale"] * scale)) < 0.03
    if not mirrored:
        assert abs(abs(pair["rotation_deg"]) - abs(degrees)) < 2.0
    assert marked(finding, forged.size)[mask].mean() > 0.5


def test_a_copy_survives_resizing_and_recompression() -> None:
    forged = shifted()
    smaller = forged.resize((435, 435), Image.Resampling.LANCZOS)
    finding = analyze(jpeg(smaller, quality=75))
    assert finding.codes == ("copy_move",)
    expected = np.array([180, 360]) * 435 / 512
    assert np.abs(np.abs(strongest(finding)["translation"]) - expected).max() < 1.5


@pytest.mark.parametrize(
    "name", ["astronaut", "coffee", "cat", "rocket", "camera", "coins", "brick"]
)
def test_untouched_pictures_are_not_accused(name: str) -> None:
    finding = analyze(jpeg(photograph(name), quality=85))
    assert finding.codes == ()
    assert finding.evidence == ()


def test_a_repeating_pattern_is_no_copy() -> None:
    tile = np.asarray(photograph().crop((200, 40, 264, 104)), dtype=np.float32)
    rng = np.random.default_rng(5)
    printed = np.tile(tile, (6, 6, 1)) + rng.normal(0.0, 5.0, (384, 384, 3))
    shaded = printed * np.linspace(0.8, 1.0, 384)[None, :, None]
    finding = analyze(jpeg(Image.fromarray(shaded.clip(0, 255).astype(np.uint8))))
    assert finding.codes == ()


def test_the_same_shape_with_another_grain_is_no_copy() -> None:
    """Two things of one kind share outlines and shading, not the finest detail."""
    rng = np.random.default_rng(7)
    pixels = np.asarray(photograph(), dtype=np.float32)
    grain = cv2.GaussianBlur(rng.normal(size=pixels.shape), (0, 0), 0.8) * 25.0
    own, other = (cv2.GaussianBlur(pixels, (0, 0), 2.5) + g for g in (grain, -grain))
    forged = own.copy()
    forged[390:490, 20:120] = other[30:130, 200:300]
    finding = analyze(jpeg(Image.fromarray(forged.clip(0, 255).astype(np.uint8))))
    assert finding.codes == ()


def test_evidence_is_upright_and_shows_both_regions() -> None:
    exif = exif_block(image={274: 6})
    forged = shifted().crop((0, 0, 512, 500))
    finding = analyze(jpeg(forged, quality=90, exif=exif))
    (shown,) = finding.evidence
    assert (shown.kind, shown.media_type) == ("copy_move", "image/webp")
    assert (shown.width, shown.height) == (500, 512)
    upright = Image.open(BytesIO(shown.data)).convert("RGB")
    plain = forged.transpose(Image.Transpose.ROTATE_270)
    changed = np.abs(np.asarray(upright, int) - np.asarray(plain, int)).max(axis=2) > 90
    assert 100 < changed.sum() < 20_000
    back = np.rot90(changed)
    for left, top, right, bottom in (SOURCE, (20, 390, 120, 490)):
        assert back[top - 12 : bottom + 12, left - 12 : right + 12].sum() > 40


def test_large_pictures_are_located_in_their_own_pixels() -> None:
    forged = shifted().resize((2301, 2301), Image.Resampling.BICUBIC)
    finding = analyze(encode(forged, "JPEG", quality=92))
    factor = 2301 / 512
    moved = np.abs(strongest(finding)["translation"])
    assert np.abs(moved - np.array([180, 360]) * factor).max() < 8
    assert finding.localization is not None
    assert finding.localization.values.shape == (288, 288)
    truth = box_mask(forged.size, tuple(int(v * factor) for v in (20, 390, 120, 490)))
    assert f1(marked(finding, forged.size), truth) > 0.6


def test_the_same_bytes_give_the_same_finding() -> None:
    first, second = (analyze(jpeg(shifted(), quality=80)) for _ in range(2))
    assert first == second
    assert json.dumps(dict(first.data), allow_nan=False)


@pytest.mark.parametrize(
    ("picture", "word"),
    [
        (photo_like(1, (95, 300)), "small"),
        (photo_like(1, (100, 6100)), "narrow"),
        (Image.new("RGB", (300, 300), (90, 120, 200)), "uniform"),
    ],
)
def test_what_cannot_be_compared_is_said_to_be_so(
    picture: Image.Image, word: str
) -> None:
    with pytest.raises(NotApplicableError, match=word):
        analyze(png(picture))


@settings(max_examples=12, deadline=None)
@given(
    width=st.integers(96, 260),
    height=st.integers(96, 260),
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["noise", "stripes", "halves", "dots"]),
)
def test_any_picture_ends_in_finite_numbers(
    width: int, height: int, seed: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 256, (height, width), dtype=np.uint8)
    if kind == "stripes":
        levels[:] = levels[:1]
    elif kind == "halves":
        levels[:, width // 2 :] = levels[:, : width - width // 2]
    elif kind == "dots":
        levels = (levels > 250).astype(np.uint8) * 255
    try:
        finding = analyze(
            png(ImageOps.colorize(Image.fromarray(levels), "navy", "red"))
        )
    except NotApplicableError:
        return
    json.dumps(dict(finding.data), allow_nan=False)
    assert finding.score is not None
    assert 0.0 <= finding.score <= 1.0
    assert finding.localization is not None
    assert finding.localization.values.shape == (-(-height // 8), -(-width // 8))
    assert np.isfinite(finding.localization.values).all()

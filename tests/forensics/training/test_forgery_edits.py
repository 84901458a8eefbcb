"""The parts of the forgery generator, by pictures whose answer is known."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from forensics.training.forgeries import ForgeryKind
from forensics.training.forgeries.blending import Blend, Edge, paste
from forensics.training.forgeries.copies import clone, copy_move
from forensics.training.forgeries.geometry import Patch, Pose, bounds, posed
from forensics.training.forgeries.history import (
    After,
    Coding,
    Resize,
    Step,
    decode,
    encode_jpeg,
    live_after,
)
from forensics.training.forgeries.kinds import Edit
from forensics.training.forgeries.removal import removal
from forensics.training.forgeries.retouch import RETOUCHES, retouch
from forensics.training.forgeries.segments import object_region
from forensics.training.forgeries.shapes import draw_area, draw_region
from forensics.training.forgeries.splice import splice
from forensics.training.forgeries.tables import Tables, draw_tables, standard_tables
from tests.forensics.training.forgery_sources import photograph

CANVAS, DONOR = photograph("coffee.png"), photograph("astronaut.png")
# Feathered edges and the band of blurred ones reach this far, px.
REACH = 15
MAKERS = {
    "splice": lambda rng: splice(rng, CANVAS, DONOR),
    "copy_move": lambda rng: copy_move(rng, CANVAS),
    "clone": lambda rng: clone(rng, CANVAS),
    "removal": lambda rng: removal(rng, CANVAS),
    **{
        str(kind): partial(lambda rng, kind: retouch(rng, CANVAS, kind), kind=kind)
        for kind in RETOUCHES
    },
}


def grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    brush = np.ones((2 * by + 1, 2 * by + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), brush) > 0


@pytest.mark.parametrize("kind", MAKERS)
def test_the_mask_is_where_pixels_changed(kind: str) -> None:
    shares = []
    for seed in range(8):
        before = CANVAS.copy()
        edit: Edit = MAKERS[kind](np.random.default_rng(seed))
        assert np.array_equal(CANVAS, before)  # the canvas itself is left alone
        changed = (edit.pixels != CANVAS).any(2)
        # Thin tails of a feathered region have less than half of the weight.
        stray = (changed & ~grown(edit.mask, REACH)).sum()
        assert stray <= 0.02 * edit.mask.sum()
        if edit.mask.any():
            shares.append(changed[edit.mask].mean())
    assert len(shares) >= 7
    assert np.median(shares) > 0.6


def test_a_moved_copy_equals_its_origin() -> None:
    compared = 0
    for seed in range(60):
        edit = copy_move(np.random.default_rng(seed), CANVAS)
        assert edit.origin is not None
        assert not (edit.origin & edit.mask).any()
        whole = edit.origin.sum() == edit.mask.sum()
        if whole and edit.words == ("copied, moved only", "hard edge"):
            one = CANVAS[edit.origin].astype(int)
            difference = np.abs(one - edit.pixels[edit.mask])
            # A quarter of the copies is relit; the others are exact.
            compared += int(difference.max() == 0)
    assert compared >= 3


def test_a_patch_cloned_onto_its_own_place_changes_nothing() -> None:
    pixels = CANVAS.copy()
    mask = np.zeros((60, 50), np.bool_)
    cv2.circle(canvas := mask.astype(np.uint8), (24, 31), 18, (1,), -1)
    patch = Patch(CANVAS[100:160, 70:120].copy(), canvas > 0)
    covered = paste(
        pixels, patch, top=100, left=70, blend=Blend(edge=Edge.POISSON, sigma=1.0)
    )
    assert covered.sum() == canvas.sum()
    assert np.abs(pixels.astype(int) - CANVAS).max() <= 2


@pytest.mark.parametrize("edge", list(Edge))
def test_parts_outside_the_picture_are_cut_off(edge: Edge) -> None:
    patch = Patch(np.full((40, 40, 3), 255, np.uint8), np.ones((40, 40), np.bool_))
    pixels = np.zeros((100, 100, 3), np.uint8)
    covered = paste(pixels, patch, top=-20, left=80, blend=Blend(edge=edge, sigma=1.0))
    assert covered.any()
    assert not covered[22:].any()
    assert not covered[:, :78].any()
    nowhere = paste(pixels, patch, top=200, left=0, blend=Blend(edge=edge, sigma=1.0))
    assert not nowhere.any()


@pytest.mark.parametrize(
    ("pose", "area", "extent"),
    [
        (Pose(), 1.0, (40, 80)),
        (Pose(flip=True), 1.0, (40, 80)),
        (Pose(scale=0.5), 0.25, (20, 40)),
        (Pose(scale=1.5), 2.25, (60, 120)),
        (Pose(angle=90.0), 1.0, (80, 40)),
        (Pose(scale=0.6, angle=-90.0), 0.36, (48, 24)),
    ],
)
def test_poses_scale_and_turn_the_region(
    pose: Pose, area: float, extent: tuple[int, int]
) -> None:
    mask = np.zeros((60, 100), np.bool_)
    mask[10:50, 10:90] = True
    pixels = np.where(mask[..., None], np.uint8(200), np.uint8(20)).repeat(3, 2)
    moved = posed(np.random.default_rng(0), Patch(pixels, mask), pose)
    assert moved.mask.sum() == pytest.approx(area * mask.sum(), rel=0.06)
    top, bottom, left, right = bounds(moved.mask)
    assert (bottom - top, right - left) == pytest.approx(extent, abs=2)
    bright = moved.pixels[..., 0] > 110
    assert (bright == moved.mask).mean() > 0.97


def test_an_object_ends_at_the_edge_of_the_picture_content() -> None:
    rng = np.random.default_rng(0)
    picture = np.full((240, 320, 3), 60, np.int16)
    picture[:, 137:] = (200, 120, 40)
    picture = (picture + rng.normal(0, 4, picture.shape)).clip(0, 255).astype(np.uint8)
    right = np.zeros((240, 320), np.bool_)
    right[:, 137:] = True
    for seed in range(5):
        mask = object_region(np.random.default_rng(seed), picture, 0.25)
        inside = max((mask & right).sum(), (mask & ~right).sum()) / mask.sum()
        assert inside > 0.97


def test_regions_have_about_the_wanted_area() -> None:
    for area in (0.01, 0.06, 0.25):
        found = [
            draw_region(np.random.default_rng(seed), CANVAS, area=area).mean()
            for seed in range(40)
        ]
        assert 0.6 < np.median(found) / area < 1.3
        assert min(found) > 0


def test_areas_are_spread_widely() -> None:
    rng = np.random.default_rng(0)
    areas = np.array([draw_area(rng) for _ in range(2000)])
    assert areas.min() == 0.005
    assert areas.max() == 0.40
    assert 0.05 < np.median(areas) < 0.07
    assert np.quantile(areas, 0.9) / np.quantile(areas, 0.1) > 8


def test_tables_are_in_natural_order() -> None:
    # ITU-T T.81, table K.1, which libjpeg scales by 1 at quality 50.
    first_two_rows = (16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55)
    tables = standard_tables(50)
    assert tables[0][:16] == first_two_rows
    coding = Coding(tables=Tables(values=tables, words="quality 50"), subsampling=0)
    _, table = decode(encode_jpeg(CANVAS, coding))
    assert table is not None
    assert tuple(table.ravel()[:16]) == first_two_rows


def test_some_tables_are_not_standard() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_tables(rng, 80) for _ in range(300)]
    own = [tables for tables in drawn if tables.values != standard_tables(80)]
    assert 0.08 < len(own) / len(drawn) < 0.25
    assert all(1 <= step <= 255 for t in own for table in t.values for step in table)


def test_masks_follow_the_picture_through_crops_and_resizing() -> None:
    mask = np.zeros((400, 500), np.bool_)
    mask[120:250, 200:333] = True
    picture = np.where(mask[..., None], np.uint8(255), np.uint8(0)).repeat(3, 2)
    for method in range(4):
        steps = (
            Step(crop=(5, 3), resize=Resize(0.83, method), sharpen=0.0, coding=None),
            Step(crop=(0, 0), resize=Resize(0.9, method), sharpen=0.4, coding=None),
        )
        pixels, (moved, empty), words = live_after(
            picture, (mask, np.zeros_like(mask)), After(steps)
        )
        bright = pixels[..., 0] > 127
        assert (moved & bright).sum() / (moved | bright).sum() > 0.97
        assert not empty.any()
        assert words[0] == "cropped by 5, 3"


def test_later_lives_need_a_canvas_that_leaves_the_wanted_side() -> None:
    steps = (Step(crop=(7, 7), resize=Resize(0.77, 1), sharpen=0.0, coding=None),)
    after = After(steps)
    side = after.needed(256)
    canvas = np.zeros((side, side, 3), np.uint8)
    pixels, _, _ = live_after(canvas, (), after)
    assert 256 <= pixels.shape[0] <= 260


def test_every_kind_but_untouched_is_made_somehow() -> None:
    made = {*MAKERS}
    assert made == {str(kind) for kind in ForgeryKind} - {"untouched"}

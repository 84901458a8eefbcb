"""JPEG ghosts: known regions of known quality, and what must not look like one."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from forensics.analysis.image import load_evidence
from forensics.analysis.jpeg_ghosts import JpegGhostsAnalyzer
from forensics.analysis.jpeg_ghosts.ghosts import (
    PLACES,
    find_ghost,
    noise_of,
    read_blocks,
)
from forensics.analysis.jpeg_traces.coefficients import FREQUENCIES, load_plane
from forensics.analysis.types import (
    Finding,
    ImageRejectedError,
    Limits,
    NotApplicableError,
)
from tests.forensics.analysis.saved_pictures import (
    BOX,
    marked_and_true,
    noisy,
    pasted,
    saved,
)
from tests.images import encode, exif_block, jpeg, png


def analyze(data: bytes) -> Finding:
    return JpegGhostsAnalyzer().analyze(load_evidence(data, Limits()))


def forged(
    quality: int, shift: tuple[int, int], *, base: Image.Image | None = None
) -> Image.Image:
    """Paste a part of a JPEG whose grid then lies shifted right and down."""
    below = noisy(6) if base is None else base
    return pasted(below, saved(noisy(7), quality), shift=shift)


def iou(finding: Finding, size: tuple[int, int]) -> float:
    """Intersection over union of the localization at .5 and the pasted box."""
    shown, mask = marked_and_true(finding, size)
    return float((shown & mask).sum() / (shown | mask).sum())


@pytest.mark.parametrize(
    ("first", "last", "shift"),
    [(60, 90, (0, 0)), (70, 95, (0, 0)), (60, 95, (3, 5)), (70, 97, (6, 1))],
)
def test_a_part_of_a_coarser_jpeg_is_found_with_its_quality_and_place(
    first: int, last: int, shift: tuple[int, int]
) -> None:
    picture = forged(first, shift)
    finding = analyze(jpeg(picture, quality=last))
    assert finding.codes == ("jpeg_ghost",)
    assert finding.score is None
    ghost = finding.data["ghost"]
    assert isinstance(ghost, dict)
    quality, found = ghost["quality"], ghost["shift"]
    assert isinstance(quality, int)
    assert abs(quality - first) <= 2
    assert found == list(shift)
    assert iou(finding, picture.size) > 0.6
    assert f"about quality {quality} before" in finding.summary
    (shown,) = finding.evidence
    assert (shown.width, shown.height) == picture.size
    assert f"saved at quality {quality}" in shown.caption


def test_a_ghost_in_a_decoded_jpeg_is_found() -> None:
    finding = analyze(png(forged(60, (3, 5), base=saved(noisy(6), 85))))
    assert finding.codes == ("jpeg_ghost",)
    assert iou(finding, (520, 392)) > 0.6


@pytest.mark.parametrize("quality", [60, 75, 90, 97])
def test_untouched_pictures_have_no_ghost(quality: int) -> None:
    for data in (
        jpeg(noisy(2), quality=quality),
        jpeg(saved(noisy(2), 70), quality=quality),
        jpeg(saved(noisy(2), 70).crop((3, 5, 515, 389)), quality=quality),
    ):
        finding = analyze(data)
        assert finding.codes == ()
        assert finding.data["ghost"] is None
        assert finding.evidence == ()
        assert finding.localization is None
        assert "proves nothing" in finding.summary


def test_flat_areas_are_no_ghosts() -> None:
    picture = noisy(14)
    ImageDraw.Draw(picture).rectangle((100, 80, 330, 290), fill=(61, 90, 133))
    assert analyze(jpeg(picture, quality=92)).codes == ()
    soft = picture.resize((65, 49)).resize((520, 392), Image.Resampling.BICUBIC)
    soft.paste(picture.crop((0, 0, 260, 392)), (0, 0))
    assert analyze(jpeg(soft, quality=92)).codes == ()


def test_a_part_saved_finer_than_the_last_saving_leaves_none() -> None:
    assert analyze(jpeg(forged(95, (3, 5)), quality=75)).codes == ()


def test_the_map_is_upright() -> None:
    turned = jpeg(forged(60, (3, 5)), quality=95, exif=exif_block(image={274: 6}))
    (shown,) = analyze(turned).evidence
    assert (shown.width, shown.height) == (392, 520)
    with Image.open(BytesIO(shown.data)) as opened:
        bright = np.asarray(opened.convert("L")) > 150
    rows, columns = np.nonzero(bright)
    assert abs(np.median(rows) - (BOX[0] + BOX[2]) / 2) < 16
    assert abs(np.median(columns) - (392 - (BOX[1] + BOX[3]) / 2)) < 16


def test_large_pictures_are_thinned_out_and_say_so() -> None:
    large = Image.new("RGB", (1560, 1176))
    for left in (0, 520, 1040):
        for top in (0, 392, 784):
            large.paste(noisy(left + top), (left, top))
    part = saved(noisy(99, (600, 600)), 60)
    large.paste(part.crop((5, 3, 565, 563)), (400, 304))
    finding = analyze(jpeg(large, quality=95))
    assert finding.data["block_distance"] == 16
    assert "one block in 4, evenly spread" in finding.summary
    assert finding.codes == ("jpeg_ghost",)
    assert finding.localization is not None
    values = np.kron(finding.localization.values, np.ones((16, 16))) > 0.5
    mask = np.zeros((1176, 1560), dtype=np.bool_)
    mask[304:864, 400:960] = True
    shown = values[:1176, :1560]
    assert (shown & mask).sum() / (shown | mask).sum() > 0.7


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(noisy(16)), "no grid of an earlier one"),
        (encode(noisy(18).convert("CMYK"), "JPEG", quality=60), "another color space"),
        (jpeg(noisy(16, (300, 100)), quality=90), "shorter than 128 px"),
        (encode(noisy(16), "WEBP", quality=80), "compression of its own"),
    ],
    ids=["png", "cmyk", "small", "webp"],
)
def test_what_is_not_jpeg_born_or_too_small_is_not_judged(
    data: bytes, words: str
) -> None:
    with pytest.raises(NotApplicableError, match=words):
        analyze(data)


def test_a_last_saving_coarser_than_all_steps_leaves_nothing_to_try() -> None:
    plane = load_plane(noisy(1))
    blocks = read_blocks(plane, x=0, y=0)
    assert find_ghost(blocks, (200.0,) * len(PLACES)) is None
    assert noise_of(None, is_aligned=True) == noise_of(
        (0,) * len(FREQUENCIES), is_aligned=False
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_damaged_files_break_nothing(data: st.DataObject) -> None:
    whole = bytearray(jpeg(noisy(19, (144, 136)), quality=85))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(2, 640))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        finding = analyze(bytes(whole))
    except (ImageRejectedError, NotApplicableError):
        return
    json.dumps(finding.data, allow_nan=False)

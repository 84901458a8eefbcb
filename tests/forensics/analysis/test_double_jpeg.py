"""Double JPEG: known tables and grids, places that differ, and honest histories."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from forensics.analysis.double_jpeg import DoubleJpegAnalyzer
from forensics.analysis.image import ImageEvidence, load_evidence
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


def evidence_of(data: bytes) -> ImageEvidence:
    return load_evidence(data, Limits())


def analyze(data: bytes) -> Finding:
    return DoubleJpegAnalyzer().analyze(evidence_of(data))


def signal_of(finding: Finding) -> float:
    value = finding.data["signal"]
    assert isinstance(value, float)
    return value


def overlap(finding: Finding, size: tuple[int, int]) -> float:
    """F1 of the localization at .5 against the pasted box."""
    shown, mask = marked_and_true(finding, size)
    return float(2.0 * (shown & mask).sum() / (shown.sum() + mask.sum()))


@pytest.mark.parametrize(("first", "last"), [(60, 92), (75, 90), (85, 97)])
def test_the_first_of_two_qualities_is_found_and_is_no_accusation(
    first: int, last: int
) -> None:
    finding = analyze(jpeg(saved(noisy(1), first), quality=last))
    quality = finding.data["first_quality"]
    assert isinstance(quality, int)
    assert abs(quality - first) <= 1
    assert "compressed as JPEG before" in finding.summary
    assert "by itself it means nothing" in finding.summary
    assert finding.codes == ()
    assert signal_of(finding) < 0.43
    assert finding.evidence == ()
    assert finding.localization is None
    assert "No part clearly differs" in finding.summary


def test_one_compression_is_not_called_two() -> None:
    for quality in (75, 90):
        finding = analyze(jpeg(noisy(2), quality=quality))
        assert finding.data["aligned"] is None
        assert finding.data["first_quality"] is None
        assert finding.data["signal"] == 0.0
        assert finding.localization is None
        assert "No JPEG compression before" in finding.summary
        assert "that proves nothing" in finding.summary


def test_a_decoded_jpeg_in_a_png_keeps_its_table_and_cropped_grid() -> None:
    cropped = saved(noisy(3), 80).crop((3, 5, 519, 391))
    finding = analyze(png(cropped))
    assert finding.data["grid_origin"] == [5, 3]
    quality = finding.data["first_quality"]
    assert isinstance(quality, int)
    assert abs(quality - 80) <= 1
    assert finding.codes == ()


def test_a_fresh_part_in_a_picture_compressed_before_is_shown_in_its_place() -> None:
    forged = pasted(saved(noisy(4), 70), noisy(5))
    finding = analyze(jpeg(forged, quality=92))
    assert finding.codes == ("local_double_jpeg",)
    assert finding.score is None
    assert signal_of(finding) > 1.0
    assert overlap(finding, forged.size) > 0.8
    assert "lacks the earlier compression" in finding.summary


def test_a_part_with_another_grid_is_found_with_its_origin() -> None:
    forged = pasted(noisy(6), saved(noisy(7), 70))
    finding = analyze(jpeg(forged, quality=98))
    assert "foreign_grid" in finding.codes
    grids = finding.data["foreign_grids"]
    assert isinstance(grids, list)
    # The box begins 8 px grid-aligned; the donor was moved by (3 + 8, 5 + 8).
    assert grids[0]["origin"] == [3, 5]
    left, top, right, bottom = grids[0]["box"]
    assert abs(left - BOX[0]) <= 32
    assert abs(top - BOX[1]) <= 32
    assert abs(right - BOX[2]) <= 32
    assert abs(bottom - BOX[3]) <= 32
    assert grids[0]["nfa_log10"] < -6


def test_a_part_pasted_into_a_png_of_a_jpeg_is_found() -> None:
    forged = pasted(saved(noisy(8), 80), saved(noisy(9), 70))
    finding = analyze(png(forged))
    assert set(finding.codes) == {"local_double_jpeg", "foreign_grid"}
    assert overlap(finding, forged.size) > 0.7


def test_a_crop_off_the_grid_is_history_and_not_a_foreign_part() -> None:
    cropped = saved(noisy(10), 75).crop((3, 5, 519, 391))
    finding = analyze(jpeg(cropped, quality=98))
    earlier = finding.data["earlier_grid"]
    assert isinstance(earlier, dict)
    assert earlier["origin"] == [5, 3]
    assert "cropped and saved again" in finding.summary
    assert finding.codes == ()


def test_a_fresh_part_shows_through_a_later_crop() -> None:
    forged = pasted(saved(noisy(11), 70), noisy(12)).crop((3, 5, 520, 392))
    finding = analyze(jpeg(forged, quality=98))
    assert "local_double_jpeg" in finding.codes
    aligned = finding.data["aligned"]
    assert isinstance(aligned, dict)
    assert aligned["origin"] == [5, 3]


@pytest.mark.parametrize("factor", [0.995, 0.99, 0.97, 0.9])
def test_a_resized_jpeg_carries_no_foreign_part(factor: float) -> None:
    earlier = saved(noisy(13, (720, 720)), 75)
    side = round(720 * factor)
    finding = analyze(
        jpeg(earlier.resize((side, side), Image.Resampling.LANCZOS), quality=98)
    )
    assert finding.codes == ()


def test_flat_areas_prove_nothing() -> None:
    picture = noisy(14)
    ImageDraw.Draw(picture).rectangle((100, 80, 330, 290), fill=(61, 90, 133))
    finding = analyze(jpeg(saved(picture, 70), quality=92))
    assert finding.codes == ()


def test_clipped_lights_prove_nothing() -> None:
    levels = np.asarray(noisy(15), dtype=np.float32).copy()
    levels[100:260, 100:330, 0] += 140.0
    bright = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    finding = analyze(jpeg(saved(bright, 80), quality=95))
    assert finding.codes == ()


def test_the_map_is_upright_and_as_large_as_the_picture_shown() -> None:
    picture = pasted(saved(noisy(4), 70), noisy(5))
    turned = jpeg(picture, quality=92, exif=exif_block(image={274: 6}))
    evidence = analyze(turned).evidence
    assert [image.kind for image in evidence] == ["double_jpeg"]
    assert (evidence[0].width, evidence[0].height) == (392, 520)
    with Image.open(BytesIO(evidence[0].data)) as shown:
        bright = np.asarray(shown.convert("L"), dtype=np.float32) > 150
    # Turned by 90 degrees clockwise: x' = height - y, y' = x.
    rows, columns = np.nonzero(bright)
    assert abs(np.median(rows) - (BOX[0] + BOX[2]) / 2) < 16
    assert abs(np.median(columns) - (392 - (BOX[1] + BOX[3]) / 2)) < 16


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(noisy(16)), "no grid of an earlier one"),
        (encode(noisy(16).convert("CMYK"), "JPEG", quality=100), "CMYK"),
        (jpeg(noisy(16, (300, 100)), quality=90), "shorter than 128 px"),
        (png(Image.new("RGB", (256, 256), (255, 255, 255))), "black, white"),
        (jpeg(Image.new("RGB", (256, 256), (90, 90, 90))), "too uniform"),
        (encode(noisy(16), "WEBP", quality=80), "compression of its own"),
        (encode(saved(noisy(16), 80), "GIF"), "compression of its own"),
    ],
    ids=["png", "cmyk", "small", "white", "gray", "webp", "gif"],
)
def test_pictures_that_cannot_carry_the_evidence_say_so(
    data: bytes, words: str
) -> None:
    with pytest.raises(NotApplicableError, match=words):
        analyze(data)


@pytest.mark.parametrize("exif", [b"", exif_block(image={271: "Camera"})])
def test_lossless_webp_keeps_the_grid_also_among_metadata(exif: bytes) -> None:
    data = encode(saved(noisy(17), 80), "WEBP", lossless=True, method=0, exif=exif)
    assert data[12:16] == (b"VP8X" if exif else b"VP8L")
    assert analyze(data).data["grid_origin"] == [0, 0]


def test_lossy_webp_in_the_extended_container_is_still_refused() -> None:
    data = encode(noisy(17), "WEBP", quality=80, exif=exif_block(image={271: "C"}))
    assert data[12:16] == b"VP8X"
    with pytest.raises(NotApplicableError, match="compression of its own"):
        analyze(data)


def test_a_jpeg_whose_pixels_are_not_its_planes_is_read_by_its_pixels() -> None:
    # Gray levels of a CMYK file obey no table of it: as in any decoded picture, only
    # a grid in the pixels counts.
    finding = analyze(encode(noisy(18).convert("CMYK"), "JPEG", quality=60))
    assert finding.data["grid_origin"] == [0, 0]
    assert finding.data["aligned"] is None
    assert "8-px grid of a JPEG" in finding.summary
    assert finding.codes == ()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damaged_tables_break_nothing(data: st.DataObject) -> None:
    whole = bytearray(jpeg(noisy(19, (144, 136)), quality=85))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(2, 640))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        finding = analyze(bytes(whole))
    except (ImageRejectedError, NotApplicableError):
        return
    assert 0.0 <= signal_of(finding) < math.inf
    assert (finding.localization is not None) == bool(finding.codes)
    if finding.localization is not None:
        values = finding.localization.values
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert 0.0 <= values.min() <= values.max() <= 1.0


def test_the_same_picture_gives_the_same_finding() -> None:
    data = jpeg(pasted(saved(noisy(4), 70), noisy(5)), quality=92)
    assert analyze(data) == analyze(data)

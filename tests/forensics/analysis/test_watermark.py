"""Invisible watermarks: known messages, tolerance for wrong bits, honest silence."""

from __future__ import annotations

import string
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis import fusion
from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.pipeline import run
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    Limits,
    NotApplicableError,
    Verdict,
)
from forensics.analysis.watermark import WatermarkAnalyzer, analyzer, rivagan, wavelet
from forensics.analysis.watermark.messages import (
    CHANCE_BOUND,
    MESSAGES,
    Message,
    chance,
)
from tests.forensics.analysis.watermark_files import Method, marked
from tests.images import encode, exif_block, jpeg, photo_like, png

BY_CODE = {message.code: message for message in MESSAGES}
# Made of tests.images.photo_like(0, (320, 320)) with the RivaGAN encoder of the package
# invisible-watermark 0.2.0, message "SDV2", and saved at quality 85.
RIVAGAN_FILE = Path(__file__).with_name("rivagan_sdv2.jpg")


def evidence_of(data: bytes) -> ImageEvidence:
    return load_evidence(data, Limits())


def analyze(data: bytes) -> Finding:
    return WatermarkAnalyzer().analyze(evidence_of(data))


def bits_of(message: Message) -> list[int]:
    return [int(bit) for bit in message.bits]


def sdxl(size: tuple[int, int] = (512, 384), seed: int = 1) -> Image.Image:
    message = BY_CODE["stable_diffusion_xl"]
    return marked(
        photo_like(seed, size), bits_of(message), method="dwtDct", floats=True
    )


def mark_of(finding: Finding) -> Mapping[str, Json]:
    """Return the mark that was read, or nothing."""
    mark = finding.data["mark"] or {}
    assert isinstance(mark, Mapping)
    return mark


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.code)
def test_each_known_message_is_read_from_pixels_of_both_kinds(
    message: Message, *, floats: bool
) -> None:
    picture = photo_like(3, (512, 384))
    finding = analyze(
        png(marked(picture, bits_of(message), method="dwtDct", floats=floats))
    )
    assert mark_of(finding)["message"] == message.code
    assert finding.codes == ("ai_watermark",)
    assert finding.score == analyzer.SCORE
    assert message.writer in finding.summary
    assert "Anyone can write such a mark" in finding.summary
    assert mark_of(finding)["method"] == "dwtDct"
    assert mark_of(finding)["bits"] == len(message.bits)


@pytest.mark.parametrize("code", ["stable_diffusion_1", "stable_diffusion_2", "flux"])
def test_marks_in_singular_values_survive_jpeg(code: str) -> None:
    method: Method = "dwtDctSvd"
    picture = marked(photo_like(4, (512, 512)), bits_of(BY_CODE[code]), method=method)
    for data in (png(picture), jpeg(picture, quality=85)):
        finding = analyze(data)
        assert mark_of(finding)["message"] == code
        assert mark_of(finding)["method"] == method


def test_the_bits_of_flux_are_those_that_its_code_passes_on() -> None:
    # bin() in its source drops two leading zeros of the 48 digits.
    assert len(BY_CODE["flux"].bits) == 46
    assert BY_CODE["flux"].bits.startswith("1010101")
    assert len(BY_CODE["stable_diffusion_xl"].bits) == 48
    assert all(set(message.bits) == {"0", "1"} for message in MESSAGES)


def test_a_rivagan_mark_is_read() -> None:
    finding = analyze(RIVAGAN_FILE.read_bytes())
    assert mark_of(finding)["message"] == "stable_diffusion_2"
    assert mark_of(finding)["method"] == "rivaGan"
    assert finding.evidence == ()
    assert analyze(jpeg(photo_like(0, (320, 320)), quality=85)).codes == ()


def test_damaged_weights_fail_this_check_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "rivagan_decoder.onnx"
    damaged.write_bytes(b"not what was measured")
    rivagan._network.cache_clear()
    monkeypatch.setattr(rivagan, "_WEIGHTS", damaged)
    finding = run(WatermarkAnalyzer(), evidence_of(png(photo_like(5))))
    assert finding.status is FindingStatus.FAILED
    assert finding.codes == ()


def test_wrong_bits_count_up_to_the_bound_and_not_beyond() -> None:
    message = BY_CODE["stable_diffusion_xl"]
    most = max(
        wrong
        for wrong in range(20)
        if analyzer.TRIALS * chance(48, wrong) < CHANCE_BOUND
    )
    for wrong, expected in ((most, "stable_diffusion_xl"), (most + 1, None)):
        bits = bits_of(message)
        for at in range(wrong):
            bits[3 * at] ^= 1
        picture = marked(photo_like(6, (512, 512)), bits, method="dwtDctSvd")
        finding = analyze(png(picture))
        assert mark_of(finding).get("message") == expected
        nearest = finding.data["nearest"]
        assert isinstance(nearest, Mapping)
        assert nearest["errors"] == wrong


def test_a_message_nobody_documented_is_not_guessed() -> None:
    bits = [int(bit) for byte in b"HOLIDAYS" for bit in f"{byte:08b}"]
    finding = analyze(png(marked(photo_like(7, (512, 384)), bits, method="dwtDctSvd")))
    assert finding.codes == ()
    assert mark_of(finding) == {}
    assert "HOLIDAYS" not in finding.summary


@settings(max_examples=150, deadline=None)
@given(
    words=st.text(string.ascii_letters + string.digits + " -", min_size=1, max_size=30),
    columns=st.integers(40, 90),
)
def test_other_texts_are_not_taken_for_known_ones(words: str, columns: int) -> None:
    # Read from blocks that carry it perfectly; texts share the upper bits of letters.
    if words in {
        "StableDiffusionV1",
        "StableDiffusionV1-Inpainting",
        "SDV2",
        "InvokeAI",
    }:
        return
    bits = [int(bit) for byte in words.encode() for bit in f"{byte:08b}"]
    blocks = wavelet.Blocks(np.zeros((40, columns, 4, 4), dtype=np.float32), 0)
    scores = np.array(bits, dtype=np.float32)[blocks.positions(len(bits))] * 2 - 1
    for message in MESSAGES:
        means = blocks.bit_means(scores, len(message))
        mark = analyzer._mark(message, means, "dwtDct", None)
        assert not mark.is_read, message.code


def test_an_unmarked_picture_gets_no_score_and_no_acquittal() -> None:
    for data in (jpeg(photo_like(8)), png(photo_like(9, (640, 480)))):
        finding = analyze(data)
        assert finding.status is FindingStatus.OK
        assert finding.score is None
        assert finding.codes == ()
        assert finding.evidence == ()
        assert "does not tell where the picture comes from" in finding.summary


def test_chances_are_those_of_fair_coins() -> None:
    assert chance(8, 0) == 1 / 256
    assert chance(8, 1) == 9 / 256
    assert chance(8, 8) == 1.0
    # Even the shortest message, whole, is beyond what chance may do.
    assert all(
        analyzer.TRIALS * chance(len(message), 0) < CHANCE_BOUND for message in MESSAGES
    )


def test_each_way_of_reading_is_counted_as_a_trial() -> None:
    ways = list(wavelet.readings(wavelet.load_blocks(photo_like(1))))
    assert len(ways) == wavelet.READINGS
    assert len({(way.method, way.variant) for way in ways}) == len(ways)
    # And the 32 bits of the one message that fits RivaGAN.
    assert len(ways) * len(MESSAGES) + 1 == analyzer.TRIALS


def test_pictures_that_the_encoders_refuse_are_not_applicable() -> None:
    for size in ((256, 255), (100, 400), (7, 20_000)):
        with pytest.raises(NotApplicableError, match="neither for nor against"):
            analyze(png(photo_like(1, size)))
    assert analyze(png(sdxl((256, 256)))).codes == ("ai_watermark",)


def test_of_a_large_picture_the_middle_is_read_with_the_right_bits() -> None:
    size = (2056, 2400)
    blocks = wavelet.load_blocks(photo_like(2, size))
    assert blocks.first > 0
    columns = size[0] // wavelet.CELL
    assert blocks.positions(48)[0, 0] == blocks.first * columns % 48
    finding = analyze(png(sdxl(size, seed=2)))
    assert mark_of(finding)["message"] == "stable_diffusion_xl"


def test_the_map_is_upright_and_bright_where_the_mark_is() -> None:
    joined = photo_like(11, (640, 384))
    # On the grid of blocks, and a multiple of 48 of them from the left.
    joined.paste(sdxl((640, 384)).crop((0, 0, 640, 256)), (0, 0))
    data = encode(joined, "PNG", exif=b"Exif\x00\x00" + exif_block(image={274: 6}))
    (shown,) = analyze(data).evidence
    assert (shown.kind, shown.width, shown.height) == ("watermark", 384, 640)
    with Image.open(BytesIO(shown.data)) as opened:
        levels = np.asarray(opened.convert("L"), dtype=np.float32)
    # Turned clockwise, the marked upper part lies to the right.
    assert levels[:, 160:].mean() > 2 * levels[:, :96].mean()


def test_the_band_is_haars_and_the_singular_values_are_the_largest() -> None:
    picture = photo_like(12, (264, 256))
    blocks = wavelet.load_blocks(picture)
    rgb = np.asarray(picture, dtype=np.float64)
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    band, _ = pywt.dwt2(0.492 * (rgb[:, :, 2] - luma), "haar")
    whole = blocks.values.swapaxes(1, 2).reshape(band.shape)
    assert np.abs(whole - band).max() < 0.05
    values = blocks.values + np.float32(256.0)
    exact = np.linalg.svd(values, compute_uv=False)[..., 0]
    assert np.abs(wavelet.largest_singular_values(values) - exact).max() < 0.05


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(256, 400),
    height=st.integers(256, 400),
    period=st.integers(1, 40),
    color=st.tuples(*[st.integers(0, 255)] * 3),
    seed=st.integers(0, 2**16),
    noise=st.sampled_from([0, 1, 40]),
)
def test_drawn_pictures_carry_no_mark(
    *,
    width: int,
    height: int,
    period: int,
    color: tuple[int, ...],
    seed: int,
    noise: int,
) -> None:
    rng = np.random.default_rng(seed)
    canvas = np.zeros((height, width, 3), dtype=np.int16) + np.array(color)
    canvas[:, np.arange(width) // period % 2 == 0] = rng.integers(0, 256, 3)
    canvas += rng.integers(-noise, noise + 1, canvas.shape)
    finding = analyze(png(Image.fromarray(canvas.clip(0, 255).astype(np.uint8))))
    assert finding.codes == ()


def test_a_mark_alone_is_called_fake_and_camera_data_do_not_take_it_back() -> None:
    mark = analyze(png(sdxl()))
    camera = Finding(
        "metadata", "1", FindingStatus.OK, "as taken", codes=("camera_original",)
    )
    for findings in ((mark,), (mark, camera)):
        fused = fusion.fuse(findings, width=512, height=384)
        assert fused.verdict is Verdict.FAKE
        assert fused.is_settled
        assert fused.reasons[0].code == "ai_watermark"


def test_the_reading_network_is_not_loaded_before_a_picture_needs_it() -> None:
    code = (
        "import forensics.analysis.pipeline, sys; print('onnxruntime' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "False"

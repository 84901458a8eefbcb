"""The localizer: what it feeds its network, how it joins tiles, what it makes of it."""

from __future__ import annotations

import io
import json
import math
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.localizer import LocalizerAnalyzer, localize, pooled
from forensics.analysis.localizer_network import (
    ELA_QUALITY,
    LocalizerNetwork,
    check_localizer,
)
from forensics.analysis.manifest import Pooling
from forensics.analysis.model_errors import ModelIncompatibleError
from forensics.analysis.model_store import open_model
from forensics.analysis.tiles import CELL, GRID, Mosaic, Plan
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Limits,
    NotApplicableError,
)
from forensics.training.publication import publish_localizer
from tests.forensics.localizer_model import ELA, RED, TABLE, release
from tests.images import encode, jpeg, photo_like

ROOT = Path(__file__).resolve().parents[3]
SIZES = [(64, 64), (100, 75), (256, 256), (700, 300), (333, 777)]


def evidence(data: bytes) -> ImageEvidence:
    return load_evidence(data, Limits())


def analyze(store: Path, data: bytes) -> Finding:
    return LocalizerAnalyzer(store).analyze(evidence(data))


def signal_of(finding: Finding) -> float:
    value = finding.data["signal"]
    assert isinstance(value, float)
    return value


def cell_means(picture: Image.Image, channels: list[float]) -> Any:
    """Average squares of 8 px of a picture continued by reflection, directly."""
    plane = np.asarray(picture, dtype=np.float64) @ np.array(channels)
    height, width = plane.shape
    ends = ((0, -height % 16), (0, -width % 16))
    plane = np.pad(plane, ends, mode="reflect")
    blocks = plane.reshape(plane.shape[0] // 8, 8, plane.shape[1] // 8, 8)
    return blocks.mean(axis=(1, 3))[: -(-height // 8), : -(-width // 8)]


@pytest.mark.parametrize("size", SIZES)
def test_every_square_is_seen_as_it_is_whatever_the_tiles(
    localizer_store: Path, size: tuple[int, int]
) -> None:
    seen = evidence(encode(photo_like(seed=3, size=size), "PNG"))
    model = open_model(localizer_store, "forgery-localizer")
    contract = check_localizer(model.manifest)
    maps = localize(seen, LocalizerNetwork(model.read("litert")), contract)
    red = cell_means(seen.pixels, [1, 0, 0])
    levels = seen.error_levels(quality=ELA_QUALITY)
    ela = cell_means(levels, [0.25, 0.5, 0.25])
    assert maps.evidence.shape == (-(-size[1] // 8), -(-size[0] // 8))
    assert np.allclose(maps.evidence, RED * red / 256 - 4 + TABLE, atol=1e-3)
    assert np.allclose(maps.mask, ELA * ela - 2, atol=1e-3)


def test_the_network_sees_the_files_own_luma_table(localizer_store: Path) -> None:
    picture = photo_like(seed=1, size=(160, 96))
    luma = [2 + (n * 7) % 50 for n in range(64)]
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", qtables=[luma, [99] * 64])
    as_jpeg = evidence(buffer.getvalue())
    as_png = evidence(encode(as_jpeg.pixels, "PNG"))
    found = [LocalizerAnalyzer(localizer_store).analyze(e) for e in (as_jpeg, as_png)]
    difference = signal_of(found[0]) - signal_of(found[1])
    assert difference == pytest.approx(TABLE * (np.mean(luma) - 1), abs=1e-3)


@given(st.integers(64, 3000), st.integers(64, 900), st.integers(8, 40))
def test_tiles_cover_every_cell_on_the_jpeg_grid(
    width: int, height: int, sixteenths: int
) -> None:
    side = sixteenths * GRID
    plan = Plan.of(width=width, height=height, side=side, overlap=side // 4)
    mosaic = Mosaic(plan)
    for tile in plan:
        assert tile.left % GRID == tile.top % GRID == 0
        assert tile.width % GRID == tile.height % GRID == 0
        assert max(tile.width, tile.height) <= side
        # A map that is linear in place is joined to itself by any weights.
        rows, columns = np.mgrid[: tile.height // CELL, : tile.width // CELL]
        values = (rows + tile.top // CELL) - 0.5 * (columns + tile.left // CELL)
        mosaic.add(tile, values.astype(np.float32))
    joined = mosaic.joined()
    rows, columns = np.mgrid[: -(-height // CELL), : -(-width // CELL)]
    assert np.allclose(joined, rows - 0.5 * columns, atol=1e-2)


def test_overlapping_tiles_that_disagree_are_blended_step_by_step() -> None:
    plan = Plan.of(width=400, height=64, side=256, overlap=64)
    mosaic = Mosaic(plan)
    for number, tile in enumerate(plan):
        shape = (tile.height // CELL, tile.width // CELL)
        mosaic.add(tile, np.full(shape, float(number), dtype=np.float32))
    row = mosaic.joined()[0]
    assert row[0] == 0
    assert row[-1] == 1
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() < 0.2


def test_the_signal_is_the_mean_of_the_strongest_smoothed_cells() -> None:
    cells = np.zeros((30, 40), dtype=np.float32)
    cells[10:16, 20:26] = 9.0
    # Smoothed, 16 cells keep 9, the next ones 6 (16 of them), then 4 corners of 4.
    pooling = Pooling(share=0.02, least=8, most=512)
    assert pooled(cells, pooling) == pytest.approx((16 * 9 + 8 * 6) / 24)
    assert pooled(cells, Pooling(0.001, 8, 512)) == pytest.approx(9)
    assert pooled(cells, Pooling(0.5, 8, 16)) == pytest.approx(9)
    assert pooled(np.full((8, 8), -3, np.float32), pooling) == pytest.approx(-3)


def test_a_bright_corner_is_not_dimmed_by_the_border() -> None:
    cells = np.zeros((20, 20), dtype=np.float32)
    cells[:4, :4] = 5.0
    assert pooled(cells, Pooling(0.02, 8, 512)) == pytest.approx(5)


def test_the_score_is_the_calibrated_signal(localizer_store: Path) -> None:
    bright = Image.new("RGB", (128, 96), (200, 60, 60))
    finding = analyze(localizer_store, encode(bright, "PNG"))
    signal = RED * 200 / 256 - 4 + TABLE
    assert signal_of(finding) == pytest.approx(signal, abs=1e-3)
    assert finding.score == pytest.approx(1 / (1 + math.exp(-(2 * signal - 1))))
    assert finding.codes == ("local_inconsistency",)
    dark = analyze(localizer_store, encode(Image.new("RGB", (128, 96)), "PNG"))
    assert dark.codes == ()
    assert dark.score == pytest.approx(1 / (1 + math.exp(-(2 * (TABLE - 4) - 1))))
    assert "no clear difference" in dark.summary
    json.dumps(dict(finding.data), allow_nan=False)


def test_it_says_where_and_shows_it_upright(localizer_store: Path) -> None:
    """The error levels of noise in one corner mark that corner, also when turned."""
    rng = np.random.default_rng(5)
    pixels = np.full((160, 240, 3), 128, dtype=np.uint8)
    pixels[:48, :64] = rng.integers(0, 256, (48, 64, 3))
    exif = Image.Exif()
    exif[274] = 6
    png = encode(Image.fromarray(pixels), "PNG", exif=exif.tobytes())
    finding = analyze(localizer_store, png)
    found = finding.localization
    assert found is not None
    assert found.values.shape == (20, 30)
    assert found.cell == 8
    # Noise shines clearly; a re-encoded flat surface does not change at all.
    assert found.values[:5, :7].min() > 0.8
    assert found.values[8:, 10:].max() < 0.2
    assert finding.data["marked_share"] == pytest.approx(
        48 * 64 / (160 * 240), abs=0.03
    )
    (picture,) = finding.evidence
    assert (picture.kind, picture.width, picture.height) == ("localizer", 160, 240)
    with Image.open(io.BytesIO(picture.data)) as shown:
        heat = np.asarray(shown.convert("L"), dtype=np.int16)
    # Stored upper left is upper right once turned by orientation 6.
    assert heat[:60, 120:].mean() > 150
    assert heat[80:, :].mean() < 40


def test_the_heat_map_of_a_picture_that_ends_within_a_cell_keeps_its_shape(
    localizer_store: Path,
) -> None:
    finding = analyze(localizer_store, jpeg(photo_like(size=(203, 101))))
    (picture,) = finding.evidence
    assert (picture.width, picture.height) == (203, 101)


@pytest.mark.parametrize("size", [(63, 500), (500, 63), (1, 1)])
def test_too_small_a_picture_is_not_applicable(
    localizer_store: Path, size: tuple[int, int]
) -> None:
    data = encode(Image.new("RGB", size), "PNG")
    with pytest.raises(NotApplicableError, match="64 px"):
        analyze(localizer_store, data)


def test_without_a_model_it_says_so_in_a_moderators_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    finding = analyze(tmp_path, jpeg())
    assert finding.status is FindingStatus.NOT_APPLICABLE
    assert "not installed here" in finding.summary
    assert "manage.py" not in finding.summary
    assert finding.data["model"] == "forgery-localizer"
    assert finding.version == "none"
    # The remedy is for administrators, who read data and logs.
    assert "train_localizer" in str(finding.data["problem"])
    assert "train_localizer" in caplog.text


def test_a_picture_over_the_pixel_budget_is_not_applicable(
    localizer_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forensics.analysis.localizer.MAX_PIXELS", 64 * 100)
    analyze(localizer_store, encode(Image.new("RGB", (64, 100)), "PNG"))
    with pytest.raises(NotApplicableError, match="too long"):
        analyze(localizer_store, encode(Image.new("RGB", (64, 101)), "PNG"))


def test_squares_marked_below_the_threshold_do_not_count_as_a_whole(
    localizer_store: Path,
) -> None:
    """Strong error levels, little red: squares are marked, the score stays low."""
    noise = np.random.default_rng(8).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    noise[:, :, 0] //= 8
    finding = analyze(localizer_store, encode(Image.fromarray(noise), "PNG"))
    assert finding.codes == ()
    assert "weakly" in finding.summary
    assert "not enough to count" in finding.summary


def test_damaged_weights_fail_with_the_remedy(
    localizer_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    shutil.copytree(localizer_store, store)
    (weights,) = store.rglob("model.tflite")
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    finding = analyze(store, jpeg())
    assert finding.status is FindingStatus.FAILED
    assert "SHA-256" in finding.summary
    assert str(tmp_path) not in finding.summary


def change_manifest(store: Path, change: Any) -> None:
    (path,) = store.rglob("manifest.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["inputs"]["pixels"].update(shape=[1, -1, -1, 1]),
        lambda d: d["inputs"]["ela"].update(range={"low": 0, "high": 1}),
        lambda d: d["inputs"].pop("table"),
        lambda d: d["outputs"]["mask"].update(dtype="int8"),
        lambda d: d["preprocessing"].update(ela_jpeg_quality=75),
    ],
)
def test_a_manifest_of_another_contract_is_refused(
    localizer_store: Path, tmp_path: Path, change: Any
) -> None:
    store = tmp_path / "store"
    shutil.copytree(localizer_store, store)
    change_manifest(store, change)
    finding = analyze(store, jpeg())
    assert finding.status is FindingStatus.FAILED
    assert "Expected" in finding.summary


def test_a_file_of_another_contract_than_its_manifest_is_refused(
    localizer_store: Path, tmp_path: Path
) -> None:
    baseline = open_model(ROOT / "models_store", "casia-ela-cnn")
    with pytest.raises(ModelIncompatibleError, match=r"signature|inputs"):
        LocalizerNetwork(baseline.read("litert"))


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"\0\0\0\0TFL3" * 100])
def test_bytes_that_are_no_litert_model_are_refused(data: bytes) -> None:
    with pytest.raises(ModelIncompatibleError, match="LiteRT"):
        LocalizerNetwork(data)


def test_the_baseline_is_not_taken_for_a_localizer() -> None:
    analyzer = LocalizerAnalyzer(ROOT / "models_store", "casia-ela-cnn")
    finding = analyzer.analyze(evidence(jpeg()))
    assert finding.status is FindingStatus.FAILED
    assert "Expected localizer" in finding.summary


def test_a_version_can_be_pinned_in_the_name(
    localizer_weights: bytes, tmp_path: Path
) -> None:
    for version in ("1.0.0", "1.1.0"):
        publish_localizer(tmp_path, release(localizer_weights, version=version))
    active = LocalizerAnalyzer(tmp_path)
    pinned = LocalizerAnalyzer(tmp_path, "forgery-localizer@1.0.0")
    assert active.version.startswith(f"{active.code_version}/1.1.0-")
    assert pinned.version.startswith(f"{pinned.code_version}/1.0.0-")
    found = pinned.analyze(evidence(jpeg()))
    assert found.model is not None
    assert found.model.version == "1.0.0"


def test_the_terms_of_the_weights_go_with_the_finding(
    localizer_weights: bytes, tmp_path: Path
) -> None:
    from tests.forensics.localizer_model import account

    terms = account(research_only=True, terms="research and teaching only")
    publish_localizer(tmp_path, release(localizer_weights, training=terms))
    finding = analyze(tmp_path, jpeg())
    assert finding.data["research_only"] is True
    assert finding.model is not None
    assert finding.model.research_only
    assert finding.model.terms == "research and teaching only"


def test_threads_share_one_network_and_get_the_same_answer(
    localizer_store: Path,
) -> None:
    analyzer = LocalizerAnalyzer(localizer_store)
    sizes = [(320, 240), (96, 400), (64, 64)]
    pictures = [evidence(jpeg(photo_like(seed=n, size=s))) for n, s in enumerate(sizes)]
    alone = [analyzer.analyze(picture).score for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(analyzer.analyze, pictures * 8))
    assert [finding.score for finding in together] == alone * 8


def test_it_never_imports_tensorflow(localizer_store: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from forensics.analysis.image import load_evidence\n"
        "from forensics.analysis.localizer import LocalizerAnalyzer\n"
        "from forensics.analysis.types import Limits\n"
        "seen = load_evidence(sys.stdin.buffer.read(), Limits())\n"
        "finding = LocalizerAnalyzer(Path(sys.argv[1])).analyze(seen)\n"
        "assert finding.model, finding\n"
        "heavy = {'tensorflow', 'keras', 'h5py', 'django'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(localizer_store)],
        input=jpeg(),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()

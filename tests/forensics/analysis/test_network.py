"""The baseline network: its input to the byte, its architecture, its two engines."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageEnhance

from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.model_store import open_model
from forensics.analysis.network import (
    CLASSES,
    ELA_QUALITY,
    MODEL_NAME,
    PARAMETER_COUNT,
    CnnAnalyzer,
    Engine,
    LiteRtNetwork,
    build_keras_model,
    load_network,
    network_pixels,
)
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Limits,
    NotApplicableError,
)
from forensics.training.reference import reference_inputs, reference_photographs
from tests.forensics.conftest import OLD_ARRAY
from tests.images import encode, jpeg, photo_like

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "models_store"
AGREEMENT = 0.02
pytestmark = pytest.mark.filterwarnings(OLD_ARRAY)


def evidence(data: bytes | None = None) -> ImageEvidence:
    return load_evidence(jpeg() if data is None else data, Limits())


def analyze(store: Path, engine: str = "litert", data: bytes | None = None) -> Finding:
    return CnnAnalyzer(engine=engine, store=store).analyze(evidence(data))


def fields_own_input(data: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Spell the recipe as the field's open-source tools do, file by file."""
    original = Image.open(io.BytesIO(data)).convert("RGB")
    resaved = io.BytesIO()
    original.save(resaved, "JPEG", quality=90)
    difference = ImageChops.difference(original, Image.open(resaved))
    largest = max(high for _, high in difference.getextrema()) or 1
    ela = ImageEnhance.Brightness(difference).enhance(255.0 / largest)
    return np.array(ela.resize((128, 128))).reshape(128, 128, 3)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_input_is_the_fields_to_the_byte(format_name: str, seed: int) -> None:
    data = encode(photo_like(seed=seed, size=(233, 171)), format_name)
    levels = evidence(data).error_levels(quality=ELA_QUALITY)
    assert np.array_equal(network_pixels(levels), fields_own_input(data))


def test_the_input_of_a_flat_picture_is_black() -> None:
    data = encode(Image.new("RGB", (96, 96), (128, 128, 128)), "PNG")
    levels = evidence(data).error_levels(quality=ELA_QUALITY)
    assert not network_pixels(levels).any()


def test_the_architecture_is_the_fields_baseline() -> None:
    model = build_keras_model()
    layers = [(type(layer).__name__, layer.get_config()) for layer in model.layers]
    assert model.count_params() == PARAMETER_COUNT == 29_520_034
    assert [name for name, _ in layers] == [
        *("Conv2D", "Conv2D", "MaxPooling2D", "Dropout", "Flatten"),
        *("Dense", "Dropout", "Dense"),
    ]
    for _, conv in layers[:2]:
        assert (conv["filters"], tuple(conv["kernel_size"])) == (32, (5, 5))
        assert (conv["padding"], conv["activation"]) == ("valid", "relu")
    assert tuple(layers[2][1]["pool_size"]) == (2, 2)
    assert [layers[3][1]["rate"], layers[6][1]["rate"]] == [0.25, 0.5]
    assert [layers[5][1]["units"], layers[7][1]["units"]] == [256, 2]
    assert [layers[5][1]["activation"], layers[7][1]["activation"]] == [
        "relu",
        "softmax",
    ]


def test_the_first_class_is_fake_everywhere(trained_store: Path) -> None:
    assert CLASSES == ("fake", "authentic")
    for store in (SHIPPED, trained_store):
        assert open_model(store, MODEL_NAME).manifest.classes == CLASSES


def test_shipped_file_gives_the_outputs_that_keras_gave() -> None:
    model = open_model(SHIPPED, MODEL_NAME)
    reference: Any = model.manifest.document["reference_outputs"]
    network = load_network(model, engine=Engine.LITERT, threads=1)
    own = network.probabilities(reference_inputs())
    expected = np.array(reference["probability_fake"])
    assert expected.max() - expected.min() > 0.5
    np.testing.assert_allclose(own[:, 0], expected, atol=AGREEMENT)
    np.testing.assert_allclose(own.sum(axis=1), 1, atol=1e-5)


def test_shipped_file_gives_the_outputs_that_keras_gave_on_photographs() -> None:
    model = open_model(SHIPPED, MODEL_NAME)
    reference: Any = model.manifest.document["reference_outputs"]
    expected = reference["photographs"]
    inputs = reference_photographs()
    assert list(inputs) == list(expected)
    assert len(expected) >= 6
    assert max(expected.values()) - min(expected.values()) > 0.5
    network = load_network(model, engine=Engine.LITERT, threads=1)
    own = network.probabilities(np.stack(list(inputs.values())))[:, 0]
    np.testing.assert_allclose(own, list(expected.values()), atol=AGREEMENT)


def test_shipped_file_agrees_with_keras_on_pictures_where_its_weights_are() -> None:
    model = open_model(SHIPPED, MODEL_NAME)
    if not model.has(Engine.TENSORFLOW.value):
        pytest.skip("the Keras weights are there after training or import only")
    pixels = np.stack([fields_own_input(jpeg(photo_like(seed=s))) for s in range(6)])
    fast = load_network(model, engine=Engine.LITERT, threads=1).probabilities(pixels)
    slow = load_network(model, engine=Engine.TENSORFLOW, threads=1)
    np.testing.assert_allclose(fast, slow.probabilities(pixels), atol=AGREEMENT)


def test_both_engines_agree_on_a_freshly_trained_model(trained_store: Path) -> None:
    for seed in range(3):
        data = jpeg(photo_like(seed=seed))
        fast = analyze(trained_store, "litert", data)
        slow = analyze(trained_store, "tensorflow", data)
        assert fast.score == pytest.approx(slow.score, abs=AGREEMENT)
        assert fast.model is not None
        assert slow.model is not None
        assert (fast.model.engine, slow.model.engine) == ("litert", "tensorflow")
        assert fast.model.sha256 != slow.model.sha256


def test_shipped_file_is_small_and_pinned() -> None:
    model = open_model(SHIPPED, MODEL_NAME)
    assert len(model.read("litert")) < 32_000_000
    assert model.manifest.research_only


def test_a_finding_tells_the_raw_and_the_calibrated_score() -> None:
    finding = analyze(SHIPPED)
    manifest = open_model(SHIPPED, MODEL_NAME).manifest
    assert finding.status is FindingStatus.OK
    assert finding.score is not None
    assert 0 <= finding.score <= 1
    assert finding.data["probability_fake"] == finding.score
    assert finding.data["log_odds"] == manifest.log_likelihood_ratio(finding.score)
    assert manifest.limits in finding.summary
    assert finding.version.startswith(f"{manifest.version}-")
    json.dumps(dict(finding.data), allow_nan=False)


@pytest.mark.parametrize(
    ("slope", "intercept", "words"),
    [
        (0.0, 2.0, "leans to fake"),
        (0.0, -2.0, "leans to authentic"),
        (0.0, 0.0, "has next to no say"),
        (0.001, 0.0, "has next to no say"),
    ],
)
def test_the_words_follow_the_calibrated_evidence_not_the_raw_output(
    roomy: Path, slope: float, intercept: float, words: str
) -> None:
    def recalibrate(document: dict[str, Any]) -> None:
        document["calibration"].update(slope=slope, intercept=intercept)

    copy_shipped(roomy, recalibrate)
    finding = analyze(roomy)
    assert words in finding.summary
    assert (words == "has next to no say") == (abs(log_odds(finding)) < 0.05)


def log_odds(finding: Finding) -> float:
    value = finding.data["log_odds"]
    assert isinstance(value, float)
    return value


def test_the_calibrated_score_is_a_straight_line_of_the_logit() -> None:
    manifest = open_model(SHIPPED, MODEL_NAME).manifest
    odds = [manifest.log_likelihood_ratio(p) for p in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert odds[2] == pytest.approx(manifest.intercept)
    assert odds[3] - odds[2] == pytest.approx(manifest.slope * np.log(9))
    assert np.isfinite(odds).all()
    assert odds == sorted(odds)


@pytest.mark.parametrize("size", [(63, 500), (500, 63), (1, 1)])
def test_small_pictures_are_not_judged(size: tuple[int, int]) -> None:
    data = encode(Image.new("RGB", size, (9, 9, 9)), "PNG")
    with pytest.raises(NotApplicableError, match="64 px"):
        analyze(SHIPPED, data=data)


def test_an_empty_store_is_not_applicable_with_the_remedy(tmp_path: Path) -> None:
    finding = analyze(tmp_path)
    assert finding.status is FindingStatus.NOT_APPLICABLE
    assert "train_model" in finding.summary
    assert (finding.version, finding.score) == ("none", None)


def test_tensorflow_without_weights_fails_with_the_reason(roomy: Path) -> None:
    copy_shipped(roomy, lambda _document: None)
    finding = analyze(roomy, engine="tensorflow")
    assert finding.status is FindingStatus.FAILED
    assert "no tensorflow weights" in finding.summary
    assert str(roomy) not in finding.summary


def copy_shipped(store: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Copy the shipped version without Keras weights; return its folder."""
    source = open_model(SHIPPED, MODEL_NAME).folder
    target = store / MODEL_NAME / source.name
    ignored = shutil.ignore_patterns("*.h5")
    shutil.copytree(source, target, ignore=ignored)
    document = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    change(document)
    (target / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    return target


def test_damaged_weights_fail_with_the_remedy(roomy: Path) -> None:
    folder = copy_shipped(roomy, lambda _document: None)
    with (folder / "model.tflite").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")
    finding = analyze(roomy)
    assert finding.status is FindingStatus.FAILED
    assert "SHA-256" in finding.summary
    assert "Restore" in finding.summary


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("classes", ["authentic", "fake"]),
        ("preprocessing", {"name": "ela", "jpeg_quality": 75}),
        (
            "input",
            {
                "shape": [224, 224, 3],
                "dtype": "float32",
                "range": {"low": 0, "high": 1},
            },
        ),
    ],
)
def test_a_model_for_another_input_is_refused(
    roomy: Path, field: str, value: object
) -> None:
    copy_shipped(roomy, lambda document: document.update({field: value}))
    finding = analyze(roomy)
    assert finding.status is FindingStatus.FAILED
    assert "Expected" in finding.summary


def test_bytes_that_are_no_litert_model_are_refused() -> None:
    from forensics.analysis.model_errors import ModelIncompatibleError

    for data in (b"", b"\x80\x04pickle", b"TFL3" * 100):
        with pytest.raises(ModelIncompatibleError, match="LiteRT"):
            LiteRtNetwork(data)


def test_threads_share_one_network_and_get_the_same_answer() -> None:
    analyzer = CnnAnalyzer(engine="litert", store=SHIPPED)
    pictures = [evidence(jpeg(photo_like(seed=seed))) for seed in range(4)]
    alone = [analyzer.analyze(picture).score for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(analyzer.analyze, pictures * 8))
    assert [finding.score for finding in together] == alone * 8


def test_a_pinned_version_is_taken_over_the_active_one(trained_store: Path) -> None:
    pinned = CnnAnalyzer(engine="litert", store=trained_store, version="1.0.0")
    assert pinned.analyze(evidence()).version.startswith("1.0.0-")
    absent = CnnAnalyzer(engine="litert", store=trained_store, version="3.0.0")
    assert absent.analyze(evidence()).status is FindingStatus.NOT_APPLICABLE


def test_an_unknown_engine_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="onnx"):
        CnnAnalyzer(engine="onnx", store=SHIPPED)


def test_the_default_engine_never_imports_tensorflow() -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from forensics.analysis.pipeline import AnalysisOptions, build_pipeline\n"
        "options = AnalysisOptions(model_store=Path('models_store'))\n"
        "report = build_pipeline(options).analyze(sys.stdin.buffer.read())\n"
        "assert report.models, report.findings\n"
        "heavy = {'tensorflow', 'keras', 'h5py', 'django'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=jpeg(),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()

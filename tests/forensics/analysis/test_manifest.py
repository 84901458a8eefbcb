"""Which manifests and files a model may have: both kinds, and nothing that is code."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis.manifest import ModelKind, Pooling, Tiling, parse_manifest
from forensics.analysis.model_errors import ModelError, ModelIncompatibleError
from forensics.analysis.model_store import file_entry, open_model, write_version
from forensics.analysis.weights_format import FORMATS, check_content
from forensics.training.localizer_release import localizer_document
from tests.forensics.localizer_model import account, release

SHIPPED = Path(__file__).resolve().parents[3] / "models_store"
LITERT = b"\x1c\0\0\0TFL3 of a test"


def document(**changes: object) -> dict[str, Any]:
    return localizer_document(release(LITERT)) | changes


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in members.items():
            file.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


def whole_keras_model() -> bytes:
    """Write the HDF5 of a whole model, as Keras 2 does, with a Lambda in it."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        layer = {"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None]}}
        file.attrs["model_config"] = json.dumps({"config": {"layers": [layer]}})
        file["model_weights/kernel"] = np.zeros(4, dtype=np.float32)
    return buffer.getvalue()


CODE = {
    "pickle": pickle.dumps({"a": 1}),
    "old pickle": pickle.dumps({"a": 1}, protocol=0),
    "PyTorch": archive(data_pkl=b"\x80\x02}q\0."),
    "Keras archive": archive(config_json=b'{"class_name": "Lambda"}'),
    "Keras model": whole_keras_model(),
    "Python": b"import os\nos.system('true')\n",
    "nothing": b"",
}


def test_a_localizers_manifest_says_what_it_takes_and_gives() -> None:
    manifest = parse_manifest(document(), where="test")
    assert manifest.kind is ModelKind.LOCALIZER
    assert manifest.localizer is not None
    assert set(manifest.localizer.inputs) == {"pixels", "ela", "table"}
    assert manifest.localizer.inputs["table"].shape == (1, 64)
    assert manifest.localizer.tiling == Tiling(256, 64)
    assert manifest.localizer.pooling == Pooling(0.02, 8, 512)
    assert manifest.calibrated(1.5) == 2.0 * 1.5 - 1.0
    assert manifest.terms == "CC0"


def test_manifests_of_the_first_release_are_the_baselines() -> None:
    manifest = open_model(SHIPPED, "casia-ela-cnn").manifest
    assert manifest.kind is ModelKind.ELA_CNN
    assert manifest.localizer is None
    assert manifest.research_only
    assert "research" in manifest.terms


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("inputs", {"Pixels": {}}, "tensor's name"),
        ("inputs", {"pixels": {"shape": [1], "dtype": "float32"}}, "range"),
        ("outputs", {"mask": {"shape": ["a"], "dtype": "float32"}}, "shape"),
        ("tiling", {"side": 64, "overlap": 16}, "side: Expected 128 to 4096"),
        ("tiling", {"side": 256, "overlap": 255}, "overlap"),
        ("tiling", {"side": 256, "overlap": 0}, "overlap"),
        ("pooling", {"share": 0, "least": 8, "most": 9}, "share"),
        ("pooling", {"share": 0.1, "least": 8, "most": 7}, "most"),
        ("mask_threshold", 0, "mask_threshold"),
        ("mask_threshold", 1.5, "mask_threshold"),
        ("training", {"research_only": False}, "terms"),
        ("training", {"research_only": 0, "terms": "CC0"}, "research_only"),
        ("calibration", {"slope": -0.1, "intercept": 0}, "slope"),
    ],
)
def test_a_localizers_manifest_with_anything_amiss_is_refused(
    field: str, value: object, words: str
) -> None:
    with pytest.raises(ModelIncompatibleError, match=words):
        parse_manifest(document(**{field: value}), where="test")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("model.pkl", "litert"),
        ("model.pt", "litert"),
        ("model.keras", "tensorflow"),
        ("model.h5", "tensorflow"),
        ("model.py", "training_hashes"),
        ("layers.py", "code"),
        ("model.pkl", "pickle"),
        ("model.tflite", "LITERT"),
    ],
)
def test_files_of_other_roles_or_names_are_refused(name: str, role: str) -> None:
    files = {name: file_entry(LITERT, role=role, required=True)}
    with pytest.raises(ModelIncompatibleError, match=name):
        parse_manifest(document(files=files), where="test")


def test_two_files_of_one_role_are_refused() -> None:
    entry = file_entry(LITERT, role="litert", required=True)
    with pytest.raises(ModelIncompatibleError, match="one file a role"):
        parse_manifest(
            document(files={"a.tflite": entry, "b.tflite": entry}), where="test"
        )


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (role, kind)
        for role in sorted(FORMATS)
        for kind in sorted(CODE)
        # An empty list of pictures is a list.
        if (role, kind) != ("training_hashes", "nothing")
    ],
)
def test_code_is_refused_whatever_it_is_called(
    tmp_path: Path, role: str, kind: str
) -> None:
    name = f"model{FORMATS[role].suffix}"
    entry = file_entry(CODE[kind], role=role, required=True)
    with pytest.raises(ModelIncompatibleError, match="Expected"):
        write_version(tmp_path, document(files={name: entry}), {name: CODE[kind]})
    # As somebody would plant it who can write to the store: hash and all.
    folder = tmp_path / "forgery-localizer" / "1.0.0"
    folder.mkdir(parents=True)
    planted = json.dumps(document(files={name: entry}))
    (folder / "manifest.json").write_text(planted, encoding="utf-8")
    (folder / name).write_bytes(CODE[kind])
    with pytest.raises(ModelIncompatibleError, match="code are not loaded"):
        open_model(tmp_path, "forgery-localizer").read(role)


def test_keras_weights_and_hash_lists_are_taken() -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/conv/vars/0"] = np.zeros(4, dtype=np.float32)
    check_content("model.weights.h5", "tensorflow", buffer.getvalue())
    lines = "0123456789abcdef Größe 1.jpg\nfedcba9876543210\n"
    check_content("training.hashes", "training_hashes", lines.encode())


@given(st.binary(max_size=60), st.sampled_from(sorted(FORMATS)))
def test_no_bytes_break_the_check(data: bytes, role: str) -> None:
    try:
        check_content(f"x{FORMATS[role].suffix}", role, data)
    except ModelError:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["shape", "range", "pixels", "side", "share", "least"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from(sorted(document())))
def test_no_json_breaks_the_manifest_reader(value: object, field: str) -> None:
    try:
        parse_manifest(document(**{field: value}), where="test")
    except ModelIncompatibleError:
        return


def test_what_is_research_only_is_said_in_the_manifest() -> None:
    terms = account(research_only=True, terms="research only")
    manifest = parse_manifest(
        localizer_document(release(LITERT, training=terms)), where="test"
    )
    assert manifest.research_only
    assert manifest.terms == "research only"

"""The model store: selection, checks and atomic writes, on real folders."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import load_command_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.analysis.manifest import parse_manifest
from forensics.analysis.model_errors import (
    ModelCorruptError,
    ModelError,
    ModelExistsError,
    ModelIncompatibleError,
    ModelMissingError,
)
from forensics.analysis.model_store import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Version,
    file_entry,
    open_model,
    versions,
    write_version,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "casia-ela-cnn"
WEIGHTS = b"\x1c\0\0\0TFL3 weights of a test"


def document(version: str = "1.0.0", **changes: object) -> dict[str, Any]:
    """Compose a sound manifest for `WEIGHTS`, with some fields changed."""
    sound: dict[str, Any] = {
        "schema_version": 1,
        "name": NAME,
        "version": version,
        "origin": "trained",
        "limits": "A test's.",
        "files": {"model.tflite": file_entry(WEIGHTS, role="litert", required=True)},
        "classes": ["fake", "authentic"],
        "input": {
            "shape": [128, 128, 3],
            "dtype": "float32",
            "range": {"low": 0, "high": 1},
        },
        "preprocessing": {"name": "ela"},
        "training": {"research_only": True},
        "calibration": {"slope": 0.5, "intercept": -0.25},
        "threshold": 0.5,
    }
    return sound | changes


def write(store: Path, version: str = "1.0.0", **changes: object) -> Path:
    return write_version(store, document(version, **changes), {"model.tflite": WEIGHTS})


def write_raw(store: Path, text: bytes) -> None:
    folder = store / NAME / "1.0.0"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST_NAME).write_bytes(text)


def test_what_was_written_is_read_back_whole(tmp_path: Path) -> None:
    write(tmp_path)
    model = open_model(tmp_path, NAME)
    assert model.read("litert") == WEIGHTS
    assert model.has("litert")
    assert not model.has("tensorflow")
    assert model.manifest.classes == ("fake", "authentic")
    assert model.manifest.document["threshold"] == 0.5


def test_the_active_version_is_the_highest_by_number(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.11"):
        write(tmp_path, version)
    assert open_model(tmp_path, NAME).manifest.version == "1.10.0"


def test_an_imported_version_is_used_only_where_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "1.0.0")
    write(tmp_path, "9.0.0+imported.abc123")
    assert open_model(tmp_path, NAME).manifest.version == "1.0.0"
    chosen = open_model(tmp_path, NAME, version="9.0.0+imported.abc123")
    assert chosen.manifest.version == "9.0.0+imported.abc123"


def test_only_imported_versions_make_no_active_one(tmp_path: Path) -> None:
    write(tmp_path, "1.0.0+imported.abc123")
    with pytest.raises(ModelMissingError, match="no active version"):
        open_model(tmp_path, NAME)


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="train_model"):
        open_model(tmp_path / "nothing", NAME)


def test_the_remedy_named_where_no_version_is_active_works(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        open_model(tmp_path, NAME)
    (option,) = re.findall(r"--[a-z-]+", str(caught.value))
    command = load_command_class("forensics", "import_model")
    parser = command.create_parser("manage.py", "import_model")
    assert parser.parse_args(["a.h5", option, "1.2.3"]).model_version == "1.2.3"


@pytest.mark.parametrize("what", ["store", "manifest", "weights", "name", "size"])
def test_errors_that_reach_users_do_not_tell_where_the_store_is(
    tmp_path: Path, what: str
) -> None:
    if what != "store":
        folder = write(tmp_path)
    if what == "manifest":
        (folder / MANIFEST_NAME).unlink()
    elif what == "weights":
        (folder / "model.tflite").write_bytes(WEIGHTS[:-1] + b"!")
    elif what == "name":
        write_raw(tmp_path, json.dumps(document("2.0.0")).encode())
    elif what == "size":
        (folder / "model.tflite").unlink()
    with pytest.raises(ModelError) as caught:
        open_model(tmp_path, NAME).read("litert")
    assert NAME in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_folders_that_are_no_versions_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / NAME / "2.0.0-x.part").mkdir()
    (tmp_path / NAME / "notes").mkdir()
    assert versions(tmp_path, NAME) == (Version(1, 0, 0),)


@pytest.mark.parametrize("name", ["../casia", "a/b", "", "A", "x" * 65, "..", "a\0b"])
def test_a_name_cannot_leave_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelIncompatibleError, match="model name"):
        open_model(tmp_path, name)


@pytest.mark.parametrize("version", ["../1.0.0", "1.0", "1.0.0/..", "1.0.0+a/b", "x"])
def test_a_version_cannot_leave_the_store(tmp_path: Path, version: str) -> None:
    with pytest.raises(ModelIncompatibleError, match="version"):
        open_model(tmp_path, NAME, version=version)
    with pytest.raises(ModelIncompatibleError):
        write(tmp_path, version)
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a..b", "a/b", ".x", ""])
def test_a_file_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    entry = file_entry(WEIGHTS, role="litert", required=True)
    with pytest.raises(ModelIncompatibleError, match="plain file name"):
        write(tmp_path, files={name: entry})


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "model.tflite").write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(ModelCorruptError, match="SHA-256"):
        open_model(tmp_path, NAME).read("litert")


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "model.tflite").write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelCorruptError, match="damaged"):
        open_model(tmp_path, NAME).read("litert")


def test_weights_that_were_deleted_are_missing_not_corrupt(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "model.tflite").unlink()
    with pytest.raises(ModelMissingError, match="litert"):
        open_model(tmp_path, NAME).read("litert")


def test_a_version_without_manifest_is_missing(tmp_path: Path) -> None:
    (tmp_path / NAME / "1.0.0").mkdir(parents=True)
    with pytest.raises(ModelMissingError, match="manifest"):
        open_model(tmp_path, NAME)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"threshold": NaN}',
        b"[" * 100_000,
        b" " * (MAX_MANIFEST_BYTES + 1),
    ],
    ids=["empty", "cut off", "not text", "NaN", "deep", "huge"],
)
def test_a_broken_manifest_is_corrupt(tmp_path: Path, text: bytes) -> None:
    write_raw(tmp_path, text)
    with pytest.raises(ModelCorruptError):
        open_model(tmp_path, NAME)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": 2}, "schema_version: Expected 1, received 2"),
        ({"schema_version": True}, "schema_version"),
        ({"classes": "fake"}, "classes"),
        ({"classes": [1, 2]}, "classes"),
        ({"calibration": {"slope": -1, "intercept": 0}}, "slope"),
        ({"calibration": {"slope": "1", "intercept": 0}}, "slope"),
        ({"calibration": None}, "calibration: Expected an object"),
        ({"threshold": False}, "threshold"),
        ({"training": {}}, "research_only"),
        ({"files": {"m": {"role": "x", "sha256": "0", "bytes": 1}}}, "sha256"),
        ({"input": {"shape": [1.5]}}, "shape"),
        ({"input": {"shape": [1], "dtype": "float32"}}, "range"),
        ({"kind": "oracle"}, "kind: Expected ela-cnn or localizer"),
        ({"kind": ["localizer"]}, "kind"),
        ({"threshold": 10**400}, "threshold: Expected a finite number"),
        ({"training": {"research_only": True, "terms": 1}}, "terms"),
    ],
)
def test_a_manifest_of_another_schema_is_incompatible(
    tmp_path: Path, changes: Mapping[str, object], words: str
) -> None:
    write_raw(tmp_path, json.dumps(document(**changes)).encode())
    with pytest.raises(ModelIncompatibleError, match=words):
        open_model(tmp_path, NAME)


def test_a_manifest_in_the_wrong_folder_is_incompatible(tmp_path: Path) -> None:
    write_raw(tmp_path, json.dumps(document("2.0.0")).encode())
    with pytest.raises(ModelIncompatibleError, match=r"Expected casia-ela-cnn 1\.0\.0"):
        open_model(tmp_path, NAME)


def test_an_existing_version_is_kept_unless_replacing_is_asked_for(
    tmp_path: Path,
) -> None:
    write(tmp_path)
    with pytest.raises(ModelExistsError):
        write(tmp_path, threshold=0.7)
    assert open_model(tmp_path, NAME).manifest.threshold == 0.5
    changed = document(threshold=0.7)
    write_version(tmp_path, changed, {"model.tflite": WEIGHTS}, replace=True)
    assert open_model(tmp_path, NAME).manifest.threshold == 0.7
    assert [path.name for path in (tmp_path / NAME).iterdir()] == ["1.0.0"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_version(
            tmp_path, document(), {"model.tflite": WEIGHTS, "no/such/folder": b""}
        )
    assert list((tmp_path / NAME).iterdir()) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*document(), "slope", "range", "bytes"]), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from(sorted(document())))
def test_no_json_breaks_the_manifest_reader(value: object, field: str) -> None:
    for candidate in (value, document() | {field: value}):
        try:
            parse_manifest(candidate, where="test")
        except ModelIncompatibleError:
            continue


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 900), st.binary(max_size=12))
def test_no_damage_to_a_manifest_raises_anything_else(
    tmp_path: Path, position: int, noise: bytes
) -> None:
    text = json.dumps(document()).encode()
    write_raw(tmp_path, text[:position] + noise + text[position + len(noise) :])
    try:
        open_model(tmp_path, NAME)
    except ModelError:
        return

"""Reading weights out of Keras files of all ages, and out of hostile ones."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.analysis.keras_weights import KERNEL_SHAPES, read_keras_weights
from forensics.analysis.model_errors import (
    ModelCorruptError,
    ModelError,
    ModelIncompatibleError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KERAS_2_NAMES = ("conv2d_1", "conv2d_2", "dense_1", "dense_2")
KERAS_3_NAMES = ("conv2d", "conv2d_1", "dense", "dense_1")


def marked(shape: tuple[int, ...], mark: float) -> dict[str, object]:
    """Describe an array that is all ``mark`` without taking its room on disk."""
    return {"shape": shape, "dtype": "f4", "fillvalue": mark}


def write_layers(
    parent: h5py.Group, pattern: str, names: tuple[str, ...], suffixes: tuple[str, str]
) -> None:
    """Write the four layers; each kernel is all 1, 3, 5, 7, each bias one more."""
    for number, (name, shape) in enumerate(zip(names, KERNEL_SHAPES, strict=True)):
        group = parent.create_group(pattern.format(name=name))
        group.create_dataset(suffixes[0], **marked(shape, 2 * number + 1))
        group.create_dataset(suffixes[1], **marked(shape[-1:], 2 * number + 2))


def keras_2_model(file: h5py.File) -> None:
    weights = file.create_group("model_weights")
    weights.attrs["layer_names"] = [name.encode() for name in KERAS_2_NAMES]
    weights.attrs["backend"] = b"tensorflow"
    weights.create_group("dropout_1")
    write_layers(weights, "{name}/{name}", KERAS_2_NAMES, ("kernel:0", "bias:0"))
    file.attrs["model_config"] = b'{"class_name": "Lambda", "code": "os.system"}'
    optimizer = file.create_group("optimizer_weights/training/RMSprop")
    optimizer.create_dataset("Variable:0", **marked((115_200, 256), 0))


def keras_2_weights(file: h5py.File) -> None:
    file.attrs["backend"] = "tensorflow"
    write_layers(file, "{name}/{name}", KERAS_2_NAMES, ("kernel:0", "bias:0"))


def keras_2_nested(file: h5py.File) -> None:
    write_layers(
        file, "model_weights/{name}/run/{name}", KERAS_2_NAMES, ("kernel:0", "bias:0")
    )


def keras_3_legacy(file: h5py.File) -> None:
    write_layers(
        file,
        "model_weights/{name}/sequential/{name}",
        KERAS_3_NAMES,
        ("kernel", "bias"),
    )


def keras_3_weights(file: h5py.File) -> None:
    write_layers(file, "layers/{name}/vars", KERAS_3_NAMES, ("0", "1"))
    file.create_group("layers/dropout/vars")
    state = file.create_group("layers/dropout/seed_generator/vars")
    state.create_dataset("0", data=np.array([1, 2], dtype=np.uint32))
    file.create_group("optimizer/vars").create_dataset("0", data=np.int64(9))


LAYOUTS = [
    keras_2_model,
    keras_2_weights,
    keras_2_nested,
    keras_3_legacy,
    keras_3_weights,
]


def make_file(path: Path, write: Callable[[h5py.File], None]) -> Path:
    with h5py.File(path, "w") as file:
        write(file)
    return path


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_age_of_keras_file_gives_the_layers_in_order(
    tmp_path: Path, layout: Callable[[h5py.File], None]
) -> None:
    arrays = read_keras_weights(make_file(tmp_path / "model_casia_run1.h5", layout))
    assert [array.flat[0] for array in arrays] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [array.shape for array in arrays[::2]] == list(KERNEL_SHAPES)
    assert all(array.dtype == np.float32 for array in arrays)


def test_layers_are_told_by_shape_not_by_name(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        names = ("z", "y", "b", "a")
        write_layers(file, "{name}", names, ("kernel:0", "bias:0"))

    arrays = read_keras_weights(make_file(tmp_path / "m.h5", write))
    assert [array.flat[0] for array in arrays] == [1, 2, 3, 4, 5, 6, 7, 8]


def with_replaced(**options: object) -> Callable[[h5py.File], None]:
    """Write sound layers, but the output layer's kernel as given."""

    def write(file: h5py.File) -> None:
        keras_2_weights(file)
        del file["dense_2/dense_2/kernel:0"]
        file["dense_2/dense_2"].create_dataset("kernel:0", **options)

    return write


def with_link(link: object) -> Callable[[h5py.File], None]:
    def write(file: h5py.File) -> None:
        keras_2_weights(file)
        del file["dense_2/dense_2/kernel:0"]
        file["dense_2/dense_2/kernel:0"] = link

    return write


def external_storage(file: h5py.File) -> None:
    with_replaced(
        shape=(256, 2), dtype="f4", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)]
    )(file)


def virtual_dataset(file: h5py.File) -> None:
    keras_2_weights(file)
    del file["dense_2/dense_2/kernel:0"]
    layout = h5py.VirtualLayout(shape=(256, 2), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/secret.h5", "x", shape=(256, 2))
    file["dense_2/dense_2"].create_virtual_dataset("kernel:0", layout)


def hard_link_cycle(file: h5py.File) -> None:
    keras_2_weights(file)
    file["conv2d_1/again"] = file["/"]


def flood(file: h5py.File) -> None:
    keras_2_weights(file)
    for number in range(600):
        file.create_group(f"group{number}")


def linked_model_weights(file: h5py.File) -> None:
    file["model_weights"] = h5py.ExternalLink("/etc/secret.h5", "/")


def theano(file: h5py.File) -> None:
    keras_2_model(file)
    file["model_weights"].attrs["backend"] = b"theano"


def one_layer_more(file: h5py.File) -> None:
    keras_2_weights(file)
    file.create_dataset("dense_3/kernel:0", **marked((2, 2), 0))
    file.create_dataset("dense_3/bias:0", **marked((2,), 0))


HOSTILE = {
    "a soft link": (with_link(h5py.SoftLink("/conv2d_1")), "is a link"),
    "an external link": (
        with_link(h5py.ExternalLink("/etc/secret.h5", "/x")),
        "is a link",
    ),
    "linked model_weights": (linked_model_weights, "is a link"),
    "external storage": (external_storage, "stored in other files"),
    "a virtual dataset": (virtual_dataset, "stored in other files"),
    "a hard-link cycle": (hard_link_cycle, "not this model"),
    "a flood of groups": (flood, "not this model"),
    "integers": (
        with_replaced(shape=(256, 2), dtype="i4"),
        "Expected floating-point numbers. Received type int32",
    ),
    "objects": (
        with_replaced(shape=(256, 2), dtype=h5py.string_dtype()),
        "Expected floating-point numbers",
    ),
    "a huge shape": (
        with_replaced(shape=(2**40, 2**20), dtype="f4", chunks=(1024, 1024)),
        "Expected kernels of shapes .* Received",
    ),
    "a huge chunk": (
        with_replaced(
            shape=(256, 2), maxshape=(None, None), dtype="f4", chunks=(8192, 8192)
        ),
        "values a chunk",
    ),
    "infinity": (
        with_replaced(shape=(256, 2), dtype="f4", fillvalue=float("inf")),
        "Expected finite numbers",
    ),
    "another architecture": (
        with_replaced(**marked((256, 10), 0)),
        "Expected kernels of shapes .* Received .*256, 10",
    ),
    "one layer more": (one_layer_more, "Expected kernels"),
    "no layers": (lambda file: file.create_group("model_weights"), "Received none"),
    "Theano's kernels": (theano, "Received theano"),
}


@pytest.mark.parametrize(("write", "words"), list(HOSTILE.values()), ids=list(HOSTILE))
def test_hostile_and_foreign_files_are_refused_by_name(
    tmp_path: Path, write: Callable[[h5py.File], None], words: str
) -> None:
    path = make_file(tmp_path / "hostile.h5", write)
    with pytest.raises(ModelIncompatibleError, match=words):
        read_keras_weights(path)


def test_names_from_the_file_are_printed_harmlessly(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["\x1b[31m\u202egpj"] = h5py.SoftLink("/x")

    with pytest.raises(ModelIncompatibleError) as caught:
        read_keras_weights(make_file(tmp_path / "m.h5", write))
    assert str(caught.value).isascii()
    assert "\x1b" not in str(caught.value)


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("the pickle was loaded",))


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 a .keras archive", pickle.dumps(_Bomb()), b"\x89HDF\r\n\x1a\n"],
    ids=["empty", "zip", "pickle", "only the signature"],
)
def test_what_is_not_hdf5_is_corrupt(data: bytes) -> None:
    with pytest.raises(ModelCorruptError, match=r"\.h5"):
        read_keras_weights(io.BytesIO(data))


def test_a_file_cut_off_is_corrupt(tmp_path: Path) -> None:
    path = make_file(tmp_path / "m.h5", keras_2_weights)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ModelCorruptError):
        read_keras_weights(path)


@pytest.fixture(scope="module")
def sound_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    return make_file(folder / "m.h5", linked_model_weights).read_bytes()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damage_raises_anything_but_a_model_error(
    sound_bytes: bytes, data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(sound_bytes) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=8))
    damaged = bytearray(sound_bytes)
    damaged[position : position + len(noise)] = noise
    with pytest.raises(ModelError):
        read_keras_weights(io.BytesIO(bytes(damaged)))

"""Reads the baseline's weights out of any Keras .h5 as plain arrays, and nothing else.

A Keras file can carry code (Lambda layers, pickled objects, class names to import) and
HDF5 itself can point at other files. Here only small sets of float arrays of known
shapes, stored inside the file, are ever read; configurations are not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import h5py
import numpy as np

from forensics.analysis.model_errors import (
    ModelCorruptError,
    ModelError,
    ModelIncompatibleError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

KERNEL_SHAPES = ((5, 5, 3, 32), (5, 5, 32, 32), (115_200, 256), (256, 2))
_LAYERS = ("first convolution", "second convolution", "hidden layer", "output layer")
_TRAINING_STATE = frozenset({"optimizer_weights", "optimizer", "seed_generator"})
_KERNEL_NAMES = frozenset({"kernel:0", "kernel", "0"})
_BIAS_NAMES = frozenset({"bias:0", "bias", "1"})
_MAX_DEPTH = 8
_MAX_OBJECTS = 500
# None of HDF5's loadable plugins: deflate, shuffle, checksum, LZF.
_BUILT_IN_FILTERS = frozenset({1, 2, 3, 32_000})


@dataclass(frozen=True, slots=True)
class _Found:
    folder: str
    name: str
    dataset: h5py.Dataset


def read_keras_weights(source: Path | BinaryIO) -> list[Array]:
    """Read the eight weight arrays of the baseline network.

    Understands files of Keras 2 (``model.save`` and ``save_weights``), of Keras 3 in
    the old layout, and Keras 3's ``.weights.h5``. Layers are told by their shapes, so
    their names and order do not matter; the optimizer's state is passed over.

    Parameters
    ----------
    source : Path or binary file
        The HDF5 file.

    Returns
    -------
    list of ndarray of float32
        Kernel and bias of the two convolutions and the two dense layers, in order.

    Raises
    ------
    ModelCorruptError
        Where it is not an HDF5 file, or a damaged one.
    ModelIncompatibleError
        Where it holds links out of the file, types other than floats, values that
        are not finite, or weights of another architecture.
    """
    try:
        with h5py.File(source, "r") as file:
            _refuse_foreign_backend(file)
            return _arrays(list(_walk(file, "", 0, _Budget())))
    except ModelError:
        raise
    except Exception as error:  # HDF5's answer to damage is any of a dozen types
        detail = (
            "The file is not a readable HDF5 file. Give a Keras .h5 weights or model "
            "file; .keras and pickled models are not read."
        )
        raise ModelCorruptError(detail) from error


class _Budget:
    """Counts visited objects, so that link cycles and floods end."""

    def __init__(self) -> None:
        self._left = _MAX_OBJECTS

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            detail = f"The file holds over {_MAX_OBJECTS} objects: not this model."
            raise ModelIncompatibleError(detail)


def _walk(
    group: h5py.Group, path: str, depth: int, budget: _Budget
) -> Iterator[_Found]:
    if depth > _MAX_DEPTH:
        detail = f"The file nests deeper than {_MAX_DEPTH} groups: not this model."
        raise ModelIncompatibleError(detail)
    for name in group:
        budget.spend()
        if depth == 0 and name in _TRAINING_STATE:
            continue
        _refuse_link(group, name, path)
        child = group[name]
        if isinstance(child, h5py.Group):
            yield from _walk(child, f"{path}/{name}", depth + 1, budget)
        elif isinstance(child, h5py.Dataset) and "seed_generator" not in path:
            yield _Found(path, name, child)


def _refuse_link(group: h5py.Group, name: str, path: str) -> None:
    """Look at the link itself; resolving it could open another file."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        detail = (
            f"{_shown(path, name)} is a link. Expected arrays stored in the file; a "
            "model that links elsewhere is not safe to import."
        )
        raise ModelIncompatibleError(detail)


def _arrays(found: list[_Found]) -> list[Array]:
    kernels = [item for item in found if item.name in _KERNEL_NAMES]
    biases = {item.folder: item for item in found if item.name in _BIAS_NAMES}
    unknown = [i for i in found if i.name not in _KERNEL_NAMES | _BIAS_NAMES]
    if unknown or len(kernels) != len(KERNEL_SHAPES) or len(biases) != len(kernels):
        _refuse_architecture(found)
    arrays: list[Array] = []
    for layer, shape in zip(_LAYERS, KERNEL_SHAPES, strict=True):
        kernel = next((k for k in kernels if k.dataset.shape == shape), None)
        if kernel is None or kernel.folder not in biases:
            _refuse_architecture(found, layer=layer)
        arrays.append(_read(kernel, shape))
        arrays.append(_read(biases[kernel.folder], shape[-1:]))
    return arrays


def _read(item: _Found, shape: tuple[int, ...]) -> Array:
    """Read one array after its type, shape and storage are known to be harmless."""
    dataset, where = item.dataset, _shown(item.folder, item.name)
    if dataset.dtype.kind != "f":
        _refuse(where, "floating-point numbers", f"type {dataset.dtype}")
    if dataset.shape != shape:
        _refuse(where, f"shape {shape}", f"shape {dataset.shape}")
    _refuse_storage(dataset, where)
    values = np.asarray(dataset[()], dtype=np.float32)
    if not np.isfinite(values).all():
        _refuse(where, "finite numbers", "NaN or infinity")
    return values


def _refuse_storage(dataset: h5py.Dataset, where: str) -> None:
    """Values in other files, plug-in filters and oversized chunks are not read."""
    if dataset.is_virtual or dataset.external:
        _refuse(where, "values stored in the file", "values stored in other files")
    created = dataset.id.get_create_plist()
    filters = {created.get_filter(i)[0] for i in range(created.get_nfilters())}
    if not filters <= _BUILT_IN_FILTERS:
        _refuse(where, "plain or gzip storage", f"HDF5 filters {sorted(filters)}")
    if dataset.chunks and math.prod(dataset.chunks) > max(dataset.size, 1024):
        _refuse(where, f"at most {dataset.size} values a chunk", f"{dataset.chunks}")


def _refuse_foreign_backend(file: h5py.File) -> None:
    """Theano's convolutions are mirrored; such weights would fit and be wrong."""
    holders = [file]
    if isinstance(file.get("model_weights", getlink=True), h5py.HardLink):
        holders.append(file["model_weights"])
    for holder in holders:
        backend = holder.attrs.get("backend", "tensorflow")
        text = (
            backend.decode("ascii", "replace")
            if isinstance(backend, bytes)
            else backend
        )
        if isinstance(text, str) and text.startswith("theano"):
            _refuse("backend", "tensorflow, jax or torch", "theano")


def _refuse_architecture(found: list[_Found], *, layer: str = "") -> NoReturn:
    shapes = ", ".join(str(i.dataset.shape) for i in found[:12] if i.dataset.shape)
    where = layer or "weights"
    expected = "kernels of shapes " + ", ".join(map(str, KERNEL_SHAPES))
    _refuse(where, f"{expected}, each beside its bias", shapes or "none")


def _refuse(where: str, expected: str, received: str) -> NoReturn:
    detail = f"{where}: Expected {expected}. Received {received}."
    raise ModelIncompatibleError(detail)


def _shown(path: str, name: str) -> str:
    """Make a name from the file fit to be printed."""
    text = f"{path}/{name}".encode("ascii", "backslashreplace").decode("ascii")
    return "".join(c if c.isprintable() else "?" for c in text)[:120]

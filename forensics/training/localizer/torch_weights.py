"""Reads tensors out of a legacy PyTorch checkpoint without running anything in it."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forensics.training.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_MAX_ELEMENTS = 100_000_000
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

# What pickle and the reading of a damaged file may raise.
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)


class _Tensor(NamedTuple):
    """Where a tensor lies: its storage's key, first element, shape and strides."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """Resolves the five names such a file needs and refuses every other."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise WeightsError.unsafe(f"{module}.{name}"[:80])

    def persistent_load(self, pid: Any) -> str:
        _kind, dtype, key, _place, _count, _view = pid
        self.dtypes[str(key)] = dtype
        return str(key)


def read_torch_weights(path: Path) -> Mapping[str, NDArray[Any]]:
    """Read a state dictionary as PyTorch before 1.6 wrote it.

    Parameters
    ----------
    path : Path
        The checkpoint.

    Returns
    -------
    mapping of str to ndarray
        Float32 or int64 arrays by PyTorch's names, in PyTorch's axis order.

    Raises
    ------
    WeightsError
        Where it is another kind of file, or names anything but tensors.
    """
    with path.open("rb") as file:
        try:
            return _read(file)
        except _MALFORMED as error:
            raise WeightsError.unreadable(path.name) from error


def _read(file: BinaryIO) -> Mapping[str, NDArray[Any]]:
    if pickle.Unpickler.load(_Reader(file)) != _MAGIC:
        raise ValueError
    for _header in ("protocol", "machine"):
        _Reader(file).load()
    reader = _Reader(file)
    tensors: Mapping[str, _Tensor] = reader.load()
    keys = _Reader(file).load()
    storages = {key: _storage(file, reader.dtypes[key]) for key in keys}
    return {name: _view(tensor, storages) for name, tensor in tensors.items()}


def _storage(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    if not 0 <= count <= _MAX_ELEMENTS:
        raise ValueError
    return np.frombuffer(file.read(count * dtype.itemsize), dtype, count)


def _tensor(
    storage: str,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_unused: object,
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


def _view(tensor: _Tensor, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    flat = storages[tensor.storage]
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((size - 1) * step for size, step in steps)
    lowest = min((tensor.offset, *tensor.shape, *tensor.strides))
    if lowest < 0 or last >= len(flat):
        raise ValueError
    strides = [step * flat.dtype.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(
        flat[tensor.offset :], tensor.shape, strides, writeable=False
    )
    return view.copy()

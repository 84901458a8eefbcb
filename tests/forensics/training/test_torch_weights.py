"""Pretrained weights are read as numbers, and nothing in the file is run."""

from __future__ import annotations

import pickle
import struct
import sys
from collections import OrderedDict
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.training.errors import WeightsError
from forensics.training.localizer.torch_weights import read_torch_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
STRIDED = np.arange(6, dtype="<f4")


class FloatStorage:
    """Stands for PyTorch's class of the same name in the file."""


def _rebuild_tensor_v2(*_parts: object) -> None:
    """Stand for PyTorch's function of the same name."""


class Tensor:
    """Pickles the way PyTorch before 1.6 wrote a tensor."""

    def __init__(
        self, key: str, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.key, self.shape, self.strides = key, shape, strides

    def __reduce__(self) -> tuple[Any, ...]:
        storage = Storage(self.key)
        hooks: OrderedDict[str, object] = OrderedDict()
        parts = (storage, 0, self.shape, self.strides, False, hooks)
        return _rebuild_tensor_v2, parts


class Storage:
    """Becomes a persistent id."""

    def __init__(self, key: str) -> None:
        self.key = key


class Writer(pickle.Pickler):
    def persistent_id(self, obj: object) -> object:
        if isinstance(obj, Storage):
            return ("storage", FloatStorage, obj.key, "cpu", 6, None)
        return None


@pytest.fixture
def checkpoint(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file of two views of one storage: rows as they lie, and columns."""
    torch, utilities = ModuleType("torch"), ModuleType("torch._utils")
    torch.FloatStorage = FloatStorage  # type: ignore[attr-defined]
    utilities._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)
    monkeypatch.setattr(FloatStorage, "__module__", "torch")
    monkeypatch.setattr(_rebuild_tensor_v2, "__module__", "torch._utils")
    state = OrderedDict(
        rows=Tensor("7", (2, 3), (3, 1)), columns=Tensor("7", (3, 2), (1, 3))
    )
    return pickled(MAGIC, 1001, {}, state, ["7"]) + storage(STRIDED)


def pickled(*objects: object) -> bytes:
    file = BytesIO()
    for entry in objects:
        Writer(file, protocol=2).dump(entry)
    return file.getvalue()


def storage(values: NDArray[np.float32]) -> bytes:
    return struct.pack("<q", len(values)) + values.tobytes()


def test_tensors_come_back_in_their_shape_and_order(
    tmp_path: Path, checkpoint: bytes
) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(checkpoint)
    found = read_torch_weights(file)
    assert found["rows"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["columns"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_view_beyond_its_storage_is_refused(
    tmp_path: Path, checkpoint: bytes
) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(checkpoint[: -len(storage(STRIDED))] + storage(STRIDED[:4]))
    with pytest.raises(WeightsError, match=r"weights\.pth"):
        read_torch_weights(file)


def test_a_file_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path,
) -> None:
    trace = tmp_path / "was-run"

    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return open, (str(trace), "w")

    file = tmp_path / "weights.pth"
    file.write_bytes(pickled(MAGIC, 1001, {}, {"w": Attack()}))
    with pytest.raises(WeightsError, match="may run code"):
        read_torch_weights(file)
    assert not trace.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, 400), at=st.integers(0, 400), value=st.integers(0, 255))
def test_damage_is_named_never_a_crash(
    tmp_path: Path, checkpoint: bytes, cut: int, at: int, value: int
) -> None:
    damaged = bytearray(checkpoint[: len(checkpoint) - cut])
    if at < len(damaged):
        damaged[at] = value
    file = tmp_path / "weights.pth"
    file.write_bytes(damaged)
    try:
        found = read_torch_weights(file)
    except WeightsError:
        return
    assert all(isinstance(array, np.ndarray) for array in found.values())

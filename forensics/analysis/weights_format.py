"""Which files a model may consist of, told by role, name and first bytes.

Weights are data. Pickles (PyTorch, joblib), Python, and whole Keras models, whose
Lambda layers are code, have no role here and are refused whatever they are called.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from forensics.analysis.model_errors import ModelIncompatibleError

if TYPE_CHECKING:
    from collections.abc import Mapping

HASHES = "training_hashes"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TFLITE = b"TFL3"
_HASH_DIGITS = frozenset(b"0123456789abcdef")
# A whole model saved as HDF5 keeps its configuration, code included, in this attribute.
_CODE_IN_HDF5 = b"model_config"


@dataclass(frozen=True, slots=True)
class Format:
    """What files of one role are: how their names end, and a word for them."""

    suffix: str
    words: str


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "litert": Format(".tflite", "a LiteRT model"),
        "tensorflow": Format(".weights.h5", "Keras weights (HDF5)"),
        HASHES: Format(".hashes", "a list of perceptual hashes"),
    }
)


def check_listed(name: str, role: str) -> None:
    """Hold a manifest's entry to the roles that exist, before anything is read.

    Raises
    ------
    ModelIncompatibleError
        Where the role is none of `FORMATS`, or the name not of that role.
    """
    found = FORMATS.get(role)
    if found is None:
        roles = ", ".join(sorted(FORMATS))
        detail = f"{name}: role: Expected one of {roles}, received {role[:80]!r}."
        raise ModelIncompatibleError(detail)
    if not name.endswith(found.suffix):
        detail = f"{name}: Expected a name that ends in {found.suffix} for {role}."
        raise ModelIncompatibleError(detail)


def check_content(name: str, role: str, data: bytes) -> None:
    """Hold a file to its format by its bytes, whatever its name says.

    Raises
    ------
    ModelIncompatibleError
        Where they are of another format.
    """
    check_listed(name, role)
    if not _is_of(role, data):
        detail = (
            f"{name}: Expected {FORMATS[role].words}, received other bytes. Pickles, "
            "archives and code are not loaded."
        )
        raise ModelIncompatibleError(detail)


def _is_of(role: str, data: bytes) -> bool:
    if role == "litert":
        return data[4:8] == _TFLITE
    if role == "tensorflow":
        return data.startswith(_HDF5) and _CODE_IN_HDF5 not in data
    return all(_is_hash_line(line) for line in data.splitlines())


def _is_hash_line(line: bytes) -> bool:
    digits, rest = line[:16], line[16:]
    is_named = not rest or (rest.startswith(b" ") and 1 < len(rest) <= 1024)
    return (
        len(digits) == 16
        and set(digits) <= _HASH_DIGITS
        and is_named
        and b"\0" not in rest
    )

"""Fingerprints as .npz files that hold numbers only: nothing is ever unpickled."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.prnu.fingerprint import (
    FEWEST_PICTURES,
    MOST_PICTURES,
    Fingerprint,
)
from forensics.analysis.prnu.residual import MOST_PIXELS, SMALLEST_SIDE
from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT_VERSION: Final = 1
_MEMBERS: Final = frozenset({"format.npy", "pictures.npy", "values.npy"})
_OVERHEAD: Final = 4096
MOST_BYTES: Final = MOST_PIXELS * 4 + _OVERHEAD


class FingerprintError(ForensicsError):
    """A file is no fingerprint, damaged, or of another version."""


def dump(fingerprint: Fingerprint) -> bytes:
    """Write a fingerprint as the bytes of an .npz file."""
    buffer = BytesIO()
    np.savez_compressed(
        buffer,
        format=np.int64(FORMAT_VERSION),
        pictures=np.int64(fingerprint.pictures),
        values=fingerprint.values.astype(np.float32),
    )
    return buffer.getvalue()


def load(data: bytes) -> Fingerprint:
    """Read the bytes of a fingerprint's file; sizes are checked before unpacking.

    Raises
    ------
    FingerprintError
        They are none, or hold anything but the numbers expected.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_members(archive)
            _check_version(_number(archive, "format.npy"))
            pictures = _number(archive, "pictures.npy")
            values = _array(archive, "values.npy")
    except FingerprintError:
        raise
    # zipfile and NumPy raise many kinds on damaged files.
    except Exception as error:
        raise FingerprintError("The file is no fingerprint, or damaged.") from error
    if not FEWEST_PICTURES <= pictures <= MOST_PICTURES:
        raise FingerprintError("The file's count of pictures is impossible.")
    _check_values(values)
    return Fingerprint(values, pictures)


def _check_version(version: int) -> None:
    if version != FORMAT_VERSION:
        raise FingerprintError(
            f"The file has format {version}, this program reads {FORMAT_VERSION}. "
            "Build the fingerprint again."
        )


def _check_members(archive: zipfile.ZipFile) -> None:
    found = archive.infolist()
    if len(found) != len(_MEMBERS) or {one.filename for one in found} != _MEMBERS:
        raise FingerprintError("The file is no fingerprint: it holds other parts.")
    if any(one.file_size > MOST_BYTES for one in found):
        raise FingerprintError("The file unfolds to more than a fingerprint can hold.")


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[np.float32]:
    """Read an array whose header fits the bytes that follow it."""
    with archive.open(name) as member:
        # A member may hold more than it declares.
        raw = BytesIO(member.read(MOST_BYTES + 1))
    version = np.lib.format.read_magic(raw)
    if version != (1, 0):
        raise FingerprintError("The file is no fingerprint, or damaged.")
    shape, fortran, kind = np.lib.format.read_array_header_1_0(raw)
    rest = len(raw.getbuffer()) - raw.tell()
    count = 1
    for side in shape:
        count *= side
    if fortran or kind.hasobject or count * kind.itemsize != rest:
        raise FingerprintError("The file is no fingerprint, or damaged.")
    raw.seek(0)
    return np.asarray(np.lib.format.read_array(raw, allow_pickle=False))


def _number(archive: zipfile.ZipFile, name: str) -> int:
    found = _array(archive, name)
    if found.shape != () or found.dtype != np.int64:
        raise FingerprintError("The file is no fingerprint, or damaged.")
    return int(found)


def _check_values(values: NDArray[np.float32]) -> None:
    is_plane = values.ndim == 2 and values.dtype == np.float32
    if not is_plane or min(values.shape) < SMALLEST_SIDE or values.size > MOST_PIXELS:
        raise FingerprintError("The file's pattern has an impossible shape or type.")
    if not np.isfinite(values).all():
        raise FingerprintError("The file's pattern holds impossible numbers.")

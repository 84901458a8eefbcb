"""What lies behind the end of the primary image, piece by piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forensics.analysis.containers import isobmff, jpeg
from forensics.analysis.types import ImageRejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_PIECES: Final = 16
_SOI: Final = b"\xff\xd8\xff"
_ZIP, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_FTYP: Final = b"ftyp"
_SAMSUNG, _SAMSUNG_END = b"SEFH", b"SEFT"
_MOST_ENTRIES: Final = 64
# By what they begin with: makers' and programs' own trailers, other files.
_SIGNATURES: Final[Mapping[bytes, tuple[str, str]]] = {
    b"CANON OPTIONAL DATA": ("canon_trailer", "Canon's editing data (VRD)"),
    b"AXS!": ("afcp_trailer", "AFCP notes of a photo program"),
    b"AXS*": ("afcp_trailer", "AFCP notes of a photo program"),
    b"vivo{": ("vivo_trailer", "a vivo phone's notes"),
    b"\x89PNG\r\n\x1a\n": ("png", "a PNG picture"),
    b"RIFF": ("riff", "a RIFF file (WebP, AVI or WAV)"),
    b"%PDF-": ("pdf", "a PDF document"),
    b"Rar!\x1a\x07": ("archive", "a RAR archive"),
    b"7z\xbc\xaf\x27\x1c": ("archive", "a 7-Zip archive"),
    b"\x1f\x8b\x08": ("archive", "a gzip archive"),
    b"MZ": ("program", "what looks like a Windows program"),
    b"\x7fELF": ("program", "what looks like a Linux program"),
    b"<?xml": ("text", "XML text"),
    b"<x:xmpmeta": ("text", "XMP text"),
}
_KNOWN_START: Final = re.compile(rb"\xff\xd8\xff|PK\x03\x04|....ftyp", re.DOTALL)
_LOOKED_AT: Final = 4096
_TEXT_SHARE: Final = 0.95
_PRINTABLE: Final = bytes((9, 10, 13, *range(32, 127)))


@dataclass(frozen=True, slots=True)
class Piece:
    """Something behind the EOI.

    Attributes
    ----------
    kind : str
        Stable word, such as ``jpeg``, ``video``, ``zip``, ``text``, ``unknown``.
    name : str
        The same in words.
    offset, size : int
        In bytes; the offset is from the file's beginning.
    notes : tuple of str
        Names of what a maker's trailer holds.
    """

    kind: str
    name: str
    offset: int
    size: int
    notes: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """Offset behind the piece."""
        return self.offset + self.size


def read_trailing(data: bytes, start: int) -> tuple[Piece, ...]:
    """Cut what lies behind the EOI into pieces, at most 16, and name them."""
    trailer = _samsung(data, start)
    end = trailer.offset if trailer is not None else len(data)
    pieces: list[Piece] = []
    position = start
    while position < end:
        if len(pieces) == _MOST_PIECES:
            rest = end - position
            pieces.append(Piece("unknown", "more of the kind", position, rest))
            break
        piece = _next(data, position, end)
        pieces.append(piece)
        position = piece.end
    return (*pieces, trailer) if trailer is not None else tuple(pieces)


def _next(data: bytes, position: int, end: int) -> Piece:
    readers: tuple[Callable[[bytes, int, int], Piece | None], ...]
    readers = (_jpeg, _video, _zip, _padding)
    for reader in readers:
        piece = reader(data, position, end)
        if piece is not None:
            return piece
    size = _until_known(data, position, end) - position
    for signature, (kind, name) in _SIGNATURES.items():
        if data.startswith(signature, position):
            return Piece(kind, name, position, size)
    if _is_text(data[position : min(position + size, position + _LOOKED_AT)]):
        return Piece("text", "text", position, size)
    return Piece("unknown", "data of an unknown kind", position, size)


def _until_known(data: bytes, position: int, end: int) -> int:
    found = _KNOWN_START.search(data, position + 1, end)
    return end if found is None else found.start()


def jpeg_end(data: bytes, start: int, end: int) -> int | None:
    """Return the offset behind an embedded JPEG's EOI, None where it has none."""
    # A view: many beginnings in a large file must not be copied each time.
    view = memoryview(data)[start:end]
    last = 0
    try:
        for segment in jpeg.segments(view):  # type: ignore[arg-type] # only indexed
            last = segment.end
    except ImageRejectedError:
        return None
    return start + last


def _jpeg(data: bytes, position: int, end: int) -> Piece | None:
    if not data.startswith(_SOI, position):
        return None
    stop = jpeg_end(data, position, end)
    if stop is None:
        return Piece("jpeg_part", "part of a JPEG", position, end - position)
    return Piece("jpeg", "another JPEG", position, stop - position)


def _video(data: bytes, position: int, end: int) -> Piece | None:
    if data[position + 4 : position + 8] != _FTYP:
        return None
    stop = position
    try:
        for box in isobmff.boxes(data, position, end):
            if not box.kind.isalnum():
                break
            stop = box.end
    except ImageRejectedError:
        stop = max(stop, end)
    if stop == position:
        return None
    brand = data[position + 8 : position + 12]
    still = brand in (b"heic", b"mif1", b"avif", b"heix")
    kind, name = ("heif", "a HEIF picture") if still else ("video", "a video (MP4)")
    return Piece(kind, name, position, stop - position)


def _zip(data: bytes, position: int, end: int) -> Piece | None:
    if not data.startswith(_ZIP, position):
        return None
    last = data.rfind(_ZIP_END, position, end)
    if last < 0:
        return Piece("zip", "part of a ZIP archive", position, end - position)
    stop = last + 22 + int.from_bytes(data[last + 20 : last + 22], "little")
    return Piece("zip", "a ZIP archive", position, min(stop, end) - position)


def _padding(data: bytes, position: int, end: int) -> Piece | None:
    filler = data[position : position + 1]
    if filler not in (b"\x00", b"\xff", b" ", b"\n"):
        return None
    found = re.compile(b"[^" + re.escape(filler) + b"]").search(data, position, end)
    stop = end if found is None else found.start()
    if stop - position < 2 and stop != end:
        return None
    return Piece("padding", "filling", position, stop - position)


def _is_text(sample: bytes) -> bool:
    if not sample:
        return False
    rest = sample.translate(None, _PRINTABLE)
    return len(rest) <= (1.0 - _TEXT_SHARE) * len(sample)


def _samsung(data: bytes, start: int) -> Piece | None:
    """Read Samsung's trailer: it ends in SEFT, its directory begins with SEFH."""
    if not data.endswith(_SAMSUNG_END):
        return None
    directory = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    if directory < start or not data.startswith(_SAMSUNG, directory):
        return None
    count = int.from_bytes(data[directory + 8 : directory + 12], "little")
    first, names = directory, []
    for number in range(min(count, _MOST_ENTRIES)):
        at = directory + 12 + 12 * number
        entry = data[at : at + 12]
        if len(entry) < 12:
            break
        block = directory - int.from_bytes(entry[4:8], "little")
        if start <= block < directory:
            first = min(first, block)
            length = int.from_bytes(data[block + 4 : block + 8], "little")
            names.append(_ascii(data[block + 8 : block + 8 + min(length, 40)]))
    named = tuple(name for name in names if name)
    name = "a Samsung trailer"
    return Piece("samsung_trailer", name, first, len(data) - first, named)


def _ascii(raw: bytes) -> str:
    text = raw.decode("ascii", errors="replace")
    return "".join(c if " " <= c <= "~" else "." for c in text)

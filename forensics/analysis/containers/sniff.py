"""What bytes are, by their magic numbers: an allow-list, and names for the rest."""

from __future__ import annotations

import re

from forensics.analysis.containers.facts import ImageFormat, unsupported
from forensics.analysis.types import ImageRejectedError, RejectionCode

_TEXT_WINDOW = 64 * 1024
_ACCEPTED = (
    (b"\xff\xd8\xff", ImageFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", ImageFormat.PNG),
    (b"GIF87a", ImageFormat.GIF),
    (b"GIF89a", ImageFormat.GIF),
    (b"II*\x00", ImageFormat.TIFF),
    (b"MM\x00*", ImageFormat.TIFF),
    (b"II+\x00", ImageFormat.TIFF),
    (b"MM\x00+", ImageFormat.TIFF),
)
_ARCHIVES = (
    (b"PK\x03\x04", "ZIP archive (or an office document)"),
    (b"PK\x05\x06", "ZIP archive"),
    (b"PK\x07\x08", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"\xfd7zXZ\x00", "xz archive"),
    (b"BZh", "bzip2 archive"),
    (b"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (b"\x04\x22\x4d\x18", "LZ4 archive"),
    (b"MSCF", "cabinet archive"),
    (b"\x1f\x9d", "compress archive"),
    (b"!<arch>\n", "ar archive"),
)
_OTHERS = (
    (b"8BPS", "Photoshop documents are not analyzed"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000 is not analyzed"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 is not analyzed"),
    (b"\xff\x0a", "JPEG XL is not analyzed"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL is not analyzed"),
    (b"\x00\x00\x01\x00", "Icons are not analyzed"),
    (b"\x00\x00\x02\x00", "Cursors are not analyzed"),
    (b"gimp xcf", "GIMP documents are not analyzed"),
    (b"FUJIFILMCCD-RAW", "Camera raw files are not analyzed"),
    (b"IIRO", "Camera raw files are not analyzed"),
    (b"IIRS", "Camera raw files are not analyzed"),
    (b"MMOR", "Camera raw files are not analyzed"),
    (b"IIU\x00", "Camera raw files are not analyzed"),
    (b"FOVb", "Camera raw files are not analyzed"),
    (b"\x00MRM", "Camera raw files are not analyzed"),
    (b"\x76\x2f\x31\x01", "OpenEXR is not analyzed"),
    (b"#?RADIANCE", "Radiance HDR is not analyzed"),
    (b"DDS ", "DirectDraw textures are not analyzed"),
    (b"qoif", "QOI is not analyzed"),
    (b"AT&TFORM", "DjVu is not analyzed"),
    (b"II\xbc\x01", "JPEG XR is not analyzed"),
    (b"\x1aE\xdf\xa3", "Videos are not analyzed"),
    (b"FLV\x01", "Videos are not analyzed"),
    (b"OggS", "Videos and sound are not analyzed"),
    (b"\x00\x00\x01\xba", "Videos are not analyzed"),
    (b"\x00\x00\x01\xb3", "Videos are not analyzed"),
)
_NOT_IMAGES = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
    (b"SQLite format 3\x00", "a database"),
    (b"ID3", "a sound file"),
    (b"fLaC", "a sound file"),
    (b"{\\rtf", "a text document"),
)
_HEIC_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_MOVIE_BRANDS = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|M4[VAP] |qt  |3g[2p].|dash")


def sniff(data: bytes) -> ImageFormat:
    """Name the format of ``data``, or refuse it by name.

    Raises
    ------
    ImageRejectedError
        Empty, an archive, SVG, a known format that is not analyzed, or no image.
    """
    if not data:
        raise ImageRejectedError(
            RejectionCode.EMPTY, "The file is empty. Choose one that holds a picture."
        )
    found = _accepted(data)
    if found is not None:
        return found
    _refuse_by_magic(data)
    _refuse_markup(data)
    raise ImageRejectedError(
        RejectionCode.NOT_AN_IMAGE,
        "This is not a picture of a known kind. Send JPEG, PNG, WebP, TIFF, BMP, "
        "GIF, AVIF or HEIC.",
    )


def _accepted(data: bytes) -> ImageFormat | None:
    head = data[:16]
    for magic, found in _ACCEPTED:
        if head.startswith(magic):
            return found
    if head[:2] == b"BM" and len(data) >= 26 and head[6:10] == b"\x00\x00\x00\x00":
        return ImageFormat.BMP
    if head[:4] == b"RIFF" and len(head) >= 12:
        return _riff(head)
    return _isobmff(data) if head[4:8] == b"ftyp" and len(head) >= 12 else None


def _riff(head: bytes) -> ImageFormat:
    if head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    raise unsupported("Videos and sound are not analyzed")


def _isobmff(data: bytes) -> ImageFormat:
    end = min(int.from_bytes(data[:4], "big"), 256, len(data))
    brands = [data[8:12], *(data[i : i + 4] for i in range(16, end - 3, 4))]
    if brands[0] == b"crx ":
        raise unsupported("Camera raw files are not analyzed")
    if brands[0] not in _HEIC_BRANDS | _AVIF_BRANDS and _MOVIE_BRANDS.match(brands[0]):
        raise unsupported("Videos are not analyzed")
    if not _AVIF_BRANDS.isdisjoint(brands):
        return ImageFormat.AVIF
    if not _HEIC_BRANDS.isdisjoint(brands):
        return ImageFormat.HEIC
    raise unsupported("This kind of media container is not analyzed")


def _refuse_by_magic(data: bytes) -> None:
    for magic, name in _ARCHIVES:
        if data.startswith(magic):
            raise _archive(name)
    if data[257:262] == b"ustar":
        raise _archive("tar archive")
    for magic, sentence in _OTHERS:
        if data.startswith(magic):
            raise unsupported(sentence)
    for magic, name in _NOT_IMAGES:
        if data.startswith(magic):
            raise _not_an_image(name)


def _archive(name: str) -> ImageRejectedError:
    return ImageRejectedError(
        RejectionCode.ARCHIVE, f"This is a {name}. Unpack it and send the pictures."
    )


def _not_an_image(name: str) -> ImageRejectedError:
    return ImageRejectedError(
        RejectionCode.NOT_AN_IMAGE, f"This is {name}, not a picture. Send a picture."
    )


def _refuse_markup(data: bytes) -> None:
    text = _as_text(data[:_TEXT_WINDOW]).lstrip("\ufeff \t\r\n\x0c").lower()
    if not text.startswith("<"):
        return
    if re.search(r"<(?:[a-z0-9_.-]+:)?svg[\s>/]", text) or "<!doctype svg" in text:
        raise ImageRejectedError(
            RejectionCode.SVG,
            "SVG is a drawing program, not a photograph: it is refused because it "
            "can carry scripts. Export it as PNG.",
        )
    if re.search(r"<(?:!doctype\s+html|html|head|body|script)\b", text):
        raise _not_an_image("a web page")
    raise _not_an_image("a markup document")


def _as_text(head: bytes) -> str:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", errors="replace")
    if head[:2] == b"<\x00":
        return head.decode("utf-16-le", errors="replace")
    if head[:2] == b"\x00<":
        return head.decode("utf-16-be", errors="replace")
    return head.decode("utf-8", errors="replace")

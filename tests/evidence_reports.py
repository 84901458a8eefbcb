"""Real analyses for the tests of the evidence report, and what a PDF holds."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from config.tasks import analyze_image
from forensics.models import Analysis, Door
from forensics.services import submit_image
from tests import images

if TYPE_CHECKING:
    from accounts.models import User

STREAM = re.compile(rb"<<(?:(?!>>).)*?>>\s*stream\r?\n(.*?)endstream", re.DOTALL)


def copied(seed: int = 7) -> bytes:
    """Return a JPEG in which a part was copied, by an editor that says its name."""
    first = images.jpeg(images.photo_like(seed, (480, 360)), quality=95)
    with Image.open(BytesIO(first)) as opened:
        picture = opened.convert("RGB")
    picture.paste(picture.crop((60, 60, 200, 180)), (260, 190))
    exif = images.camera_exif(picture, t305="GIMP 2.10")
    return images.jpeg(picture, quality=93, exif=exif)


def analyzed(data: bytes, *, by: User, name: str = "forged.jpg") -> Analysis:
    """Send in a picture and analyze it, as the worker does."""
    receipt = submit_image(
        data=data, original_name=name, door=Door.WEB, submitted_by=by
    )
    analyze_image.call(str(receipt.analysis.pk))
    return Analysis.objects.get(pk=receipt.analysis.pk)


def streams(pdf: bytes) -> list[bytes]:
    """Return the decoded streams of a PDF: pages, fonts, pictures."""
    return [_decoded(raw) for raw in re.findall(STREAM, pdf)]


def pictures(pdf: bytes) -> list[Image.Image]:
    """Return the JPEG pictures in a PDF."""
    return [
        Image.open(BytesIO(stream))
        for stream in streams(pdf)
        if stream.startswith(b"\xff\xd8\xff")
    ]


def text(pdf: bytes) -> str:
    """Return a PDF's text, drawn in subsets of fonts, by the fonts' own tables."""
    drawn: list[str] = []
    tables = _tables(pdf)
    for page in streams(pdf):
        font: dict[int, str] = {}
        for name, shown in re.findall(
            rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", page, re.DOTALL
        ):
            if name:
                font = tables.get(name.decode(), {})
            else:
                drawn.append("".join(font.get(c, chr(c)) for c in _plain(shown)))
    return " ".join(drawn)


def _decoded(raw: bytes) -> bytes:
    data = raw.strip()
    if data.endswith(b"~>"):
        data = a85decode(data.removesuffix(b"~>"))
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def _tables(pdf: bytes) -> dict[str, dict[int, str]]:
    """Return, by a font's name on the pages, what each of its codes stands for."""
    found = {}
    for name, number in re.findall(rb"/(F\d+\+\d+) (\d+) 0 R", pdf):
        font = re.search(rb"\n%s 0 obj(.*?)endobj" % number, pdf, re.DOTALL)
        assert font is not None
        to = re.search(rb"/ToUnicode (\d+) 0 R", font[1])
        assert to is not None
        cmap = re.search(rb"\n%s 0 obj(.*?)endobj" % to[1], pdf, re.DOTALL)
        assert cmap is not None
        stream = re.search(STREAM, cmap[1])
        assert stream is not None
        pairs = re.findall(rb"\n<(\w+)> <(\w+)>(?=\n)", _decoded(stream[1]))
        found[name.decode()] = {int(c, 16): chr(int(point, 16)) for c, point in pairs}
    return found


def _plain(shown: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        escape = match[1]
        if escape.isdigit():
            return bytes([int(escape, 8)])
        return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(escape, escape)

    return re.sub(rb"\\(\d{3}|.)", one, shown, flags=re.DOTALL)

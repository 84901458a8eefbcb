"""Files with camera data, and what the metadata signal finds in them."""

from __future__ import annotations

from typing import Any

from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.types import Finding, Limits
from tests.images import encode, photo_like

PICTURE = photo_like(7, (480, 320))
# No table of the libjpeg scale: as cameras with tables of their own write.
CAMERA_TABLES = {0: [3 + n // 5 for n in range(64)], 1: [4 + n // 4 for n in range(64)]}


def analyzed(data: bytes) -> Finding:
    return MetadataAnalyzer().analyze(load_evidence(data, Limits()))


def codes(data: bytes) -> tuple[str, ...]:
    return analyzed(data).codes


def data_of(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = dict(analyzed(data).data)
    return found


def group(data: bytes, name: str) -> dict[str, Any]:
    return {row["tag"]: row["value"] for row in data_of(data)["groups"].get(name, [])}


def camera_file(exif: bytes, picture: Image.Image = PICTURE) -> bytes:
    return encode(picture, "JPEG", qtables=CAMERA_TABLES, exif=b"Exif\x00\x00" + exif)

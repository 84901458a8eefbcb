"""Photoshop's image resources, as JPEG and TIFF files carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_RESOURCES = 1000


def resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield identifier and data of each resource, up to the first unreadable one."""
    position = 0
    for _ in range(_MAX_RESOURCES):
        if block[position : position + 4] != b"8BIM":
            return
        identifier = int.from_bytes(block[position + 4 : position + 6], "big")
        name = block[position + 6] if position + 6 < len(block) else 0
        # Pascal string and data are both padded to even lengths.
        start = position + 6 + (name + 2) // 2 * 2
        size = int.from_bytes(block[start : start + 4], "big")
        yield identifier, block[start + 4 : start + 4 + size]
        position = start + 4 + size + (size & 1)

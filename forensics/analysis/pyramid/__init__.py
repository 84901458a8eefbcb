"""A picture as tiles of several sizes in one file, so that a browser zooms smoothly."""

from forensics.analysis.pyramid.building import (
    PyramidTooSlowError,
    build_pyramid,
)
from forensics.analysis.pyramid.container import (
    HEADER_BYTES,
    ContainerError,
    TileIndex,
    index_size,
    read_index,
)
from forensics.analysis.pyramid.layout import Layout

__all__ = [
    "HEADER_BYTES",
    "ContainerError",
    "Layout",
    "PyramidTooSlowError",
    "TileIndex",
    "build_pyramid",
    "index_size",
    "read_index",
]

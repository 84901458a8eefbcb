"""ExifTool as a process of its own beside the worker. Optional at run time."""

from forensics.exiftool.reader import (
    LEAST,
    ExifTool,
    find_exiftool,
    is_safe,
    version_of,
)

__all__ = ["LEAST", "ExifTool", "find_exiftool", "is_safe", "version_of"]

"""Everything that writes: intake of images, the life of analyses, workers."""

from forensics.services.analyses import request_reanalysis, run_analysis
from forensics.services.intake import Receipt, submit_image
from forensics.services.pipeline import warm_up
from forensics.services.queue import (
    enqueue_analysis,
    record_worker,
    recover_analyses,
    retire_worker,
)
from forensics.services.tiles import build_tiles, request_tiles, request_tiles_if_large

__all__ = [
    "Receipt",
    "build_tiles",
    "enqueue_analysis",
    "record_worker",
    "recover_analyses",
    "request_reanalysis",
    "request_tiles",
    "request_tiles_if_large",
    "retire_worker",
    "run_analysis",
    "submit_image",
    "warm_up",
]

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

__all__ = [
    "Receipt",
    "enqueue_analysis",
    "record_worker",
    "recover_analyses",
    "request_reanalysis",
    "retire_worker",
    "run_analysis",
    "submit_image",
    "warm_up",
]

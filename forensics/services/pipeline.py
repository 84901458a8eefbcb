"""The pipeline of this installation, built from the settings once a process."""

from functools import cache

from django.conf import settings

from forensics.analysis.pipeline import AnalysisOptions, Pipeline, build_pipeline
from forensics.analysis.types import Limits


@cache
def current_pipeline() -> Pipeline:
    """Return the pipeline; weights load on the first analysis, not here."""
    return build_pipeline(
        AnalysisOptions(
            limits=limits(),
            cnn_engine=settings.CNN_ENGINE,
            model_store=settings.MODEL_STORE,
        )
    )


def limits() -> Limits:
    """Return the caps in force."""
    return Limits(max_bytes=settings.MAX_UPLOAD_BYTES, max_pixels=settings.MAX_PIXELS)

"""The pipeline of this installation, built from the settings once a process."""

import io
import logging
from functools import cache
from typing import TYPE_CHECKING, Literal, cast

from django.conf import settings
from PIL import Image as PillowImage

from forensics.analysis.pipeline import AnalysisOptions, Pipeline, build_pipeline
from forensics.analysis.provenance import (
    TrustList,
    TrustListError,
    parse_trust_list,
)
from forensics.analysis.types import Limits
from forensics.exiftool import ExifTool

if TYPE_CHECKING:
    from pathlib import Path

_logger = logging.getLogger(__name__)


@cache
def current_pipeline() -> Pipeline:
    """Return the pipeline; weights load on the first analysis, not here."""
    return build_pipeline(current_options())


def current_options() -> AnalysisOptions:
    """Read the settings that decide what the pipeline is."""
    return AnalysisOptions(
        limits=limits(),
        cnn_engine=cast("Literal['litert', 'tensorflow']", settings.CNN_ENGINE),
        model_store=settings.MODEL_STORE,
        localizer=chosen_localizer(),
        tag_reader=tag_reader(),
        trust_list=usable_trust_list(),
    )


def usable_trust_list() -> TrustList | None:
    """Return the believed signers; analyses go without where they cannot be read."""
    try:
        return read_trust_list()
    except TrustListError as error:
        _logger.warning("The trust list of credentials cannot be used: %s", error)
        return None


def read_trust_list() -> TrustList | None:
    """Read the file that is set, and the time-stamping authorities beside it.

    Raises
    ------
    TrustListError
        With what is wrong, for an operator.
    """
    path: Path | None = settings.C2PA_TRUST_LIST
    if path is None:
        return None
    beside = path.with_name(f"{path.stem}-timestamps{path.suffix}")
    try:
        authorities = beside.read_bytes() if beside.exists() else b""
        return parse_trust_list(path.read_bytes(), authorities)
    except OSError as error:
        raise TrustListError(f"{path}: {error.strerror or error}.") from error


def warm_up() -> None:
    """Analyze a gradient, so that the first real picture does not wait for weights."""
    picture = io.BytesIO()
    PillowImage.linear_gradient("L").save(picture, "JPEG")
    current_pipeline().analyze(picture.getvalue())


def limits() -> Limits:
    """Return the caps in force."""
    return Limits(max_bytes=settings.MAX_UPLOAD_BYTES, max_pixels=settings.MAX_PIXELS)


def chosen_localizer() -> str | None:
    """Return the localizer's ``name`` or ``name@version``; None goes without."""
    return None if settings.LOCALIZER in {"", "none"} else settings.LOCALIZER


def tag_reader() -> ExifTool | None:
    """Return ExifTool, started with the first picture; None goes without."""
    return None if settings.EXIFTOOL == "none" else ExifTool(settings.EXIFTOOL)

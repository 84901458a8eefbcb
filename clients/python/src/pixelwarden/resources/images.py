"""Pictures, and the ways in which they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixelwarden.decoding import Resource
from pixelwarden.resources.results import Analysis, Evidence, Failure, HumanDecision
from pixelwarden.words import Door, FetchStatus, UploadStatus


class Submission(Resource):
    """One arrival of a picture, with what its sender said."""

    id: str
    door: Door
    original_name: str
    external_id: str
    context: Mapping[str, Any]
    submitted_by: str | None
    created_at: datetime


class Image(Resource):
    """A picture, with its newest analysis and what a person decided.

    ``submissions`` are the latest of ``submission_count``.
    """

    id: str
    url: str
    sha256: str
    format: str
    media_type: str
    width: int
    height: int
    byte_size: int
    created_at: datetime
    original_url: str
    analysis: Analysis | None
    decision: HumanDecision | None = None
    submissions: tuple[Submission, ...] = ()
    submission_count: int | None = None
    renditions: tuple[Evidence, ...] = ()
    duplicate: bool | None = None


class Fetch(Resource):
    """A picture that the server fetches from an address."""

    id: str
    url: str
    status: FetchStatus
    original_name: str
    external_id: str
    context: Mapping[str, Any]
    created_at: datetime
    error: Failure | None
    image: str | None
    analysis_url: str | None
    source_url: str
    attempts: int


class Put(Resource):
    """How to send the file of a direct upload."""

    method: str
    url: str
    headers: Mapping[str, str]


class Upload(Resource):
    """A direct upload."""

    id: str
    url: str
    status: UploadStatus
    original_name: str
    external_id: str
    context: Mapping[str, Any]
    created_at: datetime
    error: Failure | None
    image: str | None
    analysis_url: str | None
    byte_size: int
    sha256: str
    expires_at: datetime
    complete_url: str
    put: Put | None = None


class BatchItem(Resource):
    """What became of one item of a batch: ``image``, ``fetch`` or ``problem``."""

    index: int
    status: int
    external_id: str
    location: str | None
    image: Image | None
    fetch: Fetch | None
    problem: Mapping[str, Any] | None


class Batch(Resource):
    """What became of a batch."""

    accepted: int
    refused: int
    items: tuple[BatchItem, ...]

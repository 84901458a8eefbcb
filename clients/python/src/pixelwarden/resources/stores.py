"""What pictures are compared with: known images, and models."""

from __future__ import annotations

from datetime import datetime

from pixelwarden.decoding import Resource
from pixelwarden.words import BankPurpose


class Bank(Resource):
    """A named list of known images."""

    id: int
    url: str
    name: str
    purpose: BankPurpose
    description: str
    is_active: bool
    created_at: datetime
    entry_count: int
    entries_url: str


class BankEntry(Resource):
    """One known image: the file itself, how it looks, or both."""

    id: str
    bank: int
    sha256: str
    pdq: str
    source: str
    note: str
    tags: tuple[str, ...]
    added_by: str | None
    added_by_name: str
    added_at: datetime


class WeightFile(Resource):
    """A file of a model."""

    role: str
    name: str
    size: int
    sha256: str


class StoredModel(Resource):
    """One version of a model. ``card`` comes where it is read by itself."""

    url: str
    name: str
    version: str
    kind: str | None
    in_use: bool
    sha256: str | None
    research_only: bool | None
    terms: str
    limits: str
    files: tuple[WeightFile, ...]
    problem: str
    card: str

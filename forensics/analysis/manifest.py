"""The manifest of a stored model, checked field by field before anything is loaded."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

from forensics.analysis.model_errors import ModelIncompatibleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.analysis.types import Json

SCHEMA_VERSION = 1
# A raw output is never surer than this; keeps its logit finite.
SURE = 1e-6
_FILE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a version. ``size`` is in bytes."""

    name: str
    role: str
    sha256: str
    size: int
    required: bool


@dataclass(frozen=True, slots=True)
class InputContract:
    """What the network takes. ``low`` and ``high`` bound the values."""

    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """A checked manifest; ``document`` keeps all of it, metrics and terms included.

    The log-likelihood ratio of *fake* is ``slope * logit(P(fake)) + intercept``.
    """

    name: str
    version: str
    origin: str
    files: tuple[ManifestFile, ...]
    classes: tuple[str, ...]
    contract: InputContract
    preprocessing: Mapping[str, Json]
    slope: float
    intercept: float
    threshold: float
    research_only: bool
    limits: str
    document: Mapping[str, Json]

    def file(self, role: str) -> ManifestFile | None:
        """Return the file of a role such as ``litert``, if listed."""
        return next((entry for entry in self.files if entry.role == role), None)

    def log_likelihood_ratio(self, fake: float) -> float:
        """Calibrated evidence for *fake* in natural log units; 0 says nothing.

        Parameters
        ----------
        fake : float
            The network's raw P(fake).
        """
        kept = min(max(fake, SURE), 1 - SURE)
        return self.slope * math.log(kept / (1 - kept)) + self.intercept


def parse_manifest(document: object, *, where: str) -> Manifest:
    """Check a manifest's document.

    Parameters
    ----------
    document : object
        Decoded JSON, from anywhere.
    where : str
        Names the source in errors.

    Raises
    ------
    ModelIncompatibleError
        At the first field that is not as expected.
    """
    top = _Fields(document, where)
    schema = top.get("schema_version", int)
    if schema != SCHEMA_VERSION:
        top.refuse("schema_version", f"{SCHEMA_VERSION}", schema)
    calibration = top.inner("calibration")
    slope = calibration.number("slope")
    if slope < 0:
        calibration.refuse("slope", "0 or more", slope)
    return Manifest(
        name=top.get("name", str),
        version=top.get("version", str),
        origin=top.get("origin", str),
        files=_files(top.inner("files")),
        classes=tuple(top.items("classes", str)),
        contract=_contract(top.inner("input")),
        preprocessing=top.inner("preprocessing").values,
        slope=slope,
        intercept=calibration.number("intercept"),
        threshold=top.number("threshold"),
        research_only=top.inner("training").get("research_only", bool),
        limits=top.get("limits", str),
        document=top.values,
    )


class _Fields:
    """Typed reads from a JSON object, with the field's name in every error."""

    def __init__(self, values: object, where: str) -> None:
        self._where = where
        if not isinstance(values, dict):
            self._where, name = "", where
            self.refuse(name, "an object", values)
        self.values: Mapping[str, Json] = values

    def get(self, name: str, kind: type[T]) -> T:
        value = self.values.get(name)
        # bool is an int to Python, but not to a reader of the manifest.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.refuse(name, kind.__name__, value)
        return value

    def number(self, name: str) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name, "a number", value)
        if not math.isfinite(value):
            self.refuse(name, "a finite number", value)
        return float(value)

    def items(self, name: str, kind: type[T]) -> list[T]:
        values = self.get(name, list)
        if not all(type(value) is kind for value in values):
            self.refuse(name, f"a list of {kind.__name__}", values)
        return values

    def inner(self, name: str) -> _Fields:
        return _Fields(self.values.get(name), f"{self._where}: {name}".lstrip(": "))

    def refuse(self, name: str, expected: str, received: object) -> NoReturn:
        place = f"{self._where}: {name}".lstrip(": ")
        detail = f"{place}: Expected {expected}, received {received!r:.80}."
        raise ModelIncompatibleError(detail)


def _files(entries: _Fields) -> tuple[ManifestFile, ...]:
    return tuple(_file(entries, name) for name in entries.values)


def _file(entries: _Fields, name: str) -> ManifestFile:
    if _FILE_NAME.fullmatch(name) is None:
        entries.refuse(name[:80], "a plain file name", name)
    entry = entries.inner(name)
    digest = entry.get("sha256", str)
    if _SHA256.fullmatch(digest) is None:
        entry.refuse("sha256", "64 hexadecimal digits", digest)
    return ManifestFile(
        name=name,
        role=entry.get("role", str),
        sha256=digest,
        size=entry.get("bytes", int),
        required=entry.get("required", bool),
    )


def _contract(entry: _Fields) -> InputContract:
    value_range = entry.inner("range")
    return InputContract(
        shape=tuple(entry.items("shape", int)),
        dtype=entry.get("dtype", str),
        low=value_range.number("low"),
        high=value_range.number("high"),
    )

"""The manifest of a stored model, checked field by field before anything is loaded."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn, TypeVar

from forensics.analysis.model_errors import ModelIncompatibleError
from forensics.analysis.weights_format import check_listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.analysis.types import Json

SCHEMA_VERSION = 1
# A raw output is never surer than this; keeps its logit finite.
SURE = 1e-6
# A dimension that the caller chooses.
ANY = -1
_FILE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TENSOR_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
T = TypeVar("T")


class ModelKind(StrEnum):
    """What a stored network answers, and with it the rest of its manifest."""

    ELA_CNN = "ela-cnn"
    LOCALIZER = "localizer"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a version. ``size`` is in bytes."""

    name: str
    role: str
    sha256: str
    size: int
    required: bool


@dataclass(frozen=True, slots=True)
class TensorContract:
    """What a network takes or gives. ``low`` and ``high`` bound the values.

    ``shape`` has `ANY` where the caller chooses.
    """

    shape: tuple[int, ...]
    dtype: str
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Tiling:
    """How pictures are cut for a localizer: px of a tile's side and its overlap."""

    side: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Pooling:
    """How many cells make the picture's signal: a share, within two counts."""

    share: float
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class LocalizerContract:
    """What a localizer takes by name, and what becomes of its answer."""

    inputs: Mapping[str, TensorContract]
    outputs: Mapping[str, TensorContract]
    tiling: Tiling
    pooling: Pooling
    mask_threshold: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """A checked manifest; ``document`` keeps all of it, metrics and terms included.

    ``classes`` and ``contract`` are of the kind ``ela-cnn``, ``localizer`` of that
    kind. The log-likelihood ratio of *fake* is ``slope * logit + intercept``.
    """

    kind: ModelKind
    name: str
    version: str
    origin: str
    files: tuple[ManifestFile, ...]
    preprocessing: Mapping[str, Json]
    slope: float
    intercept: float
    threshold: float
    research_only: bool
    terms: str
    limits: str
    document: Mapping[str, Json]
    classes: tuple[str, ...] = ()
    contract: TensorContract | None = None
    localizer: LocalizerContract | None = None

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
        return self.calibrated(math.log(kept / (1 - kept)))

    def calibrated(self, logit: float) -> float:
        """Calibrated evidence for *fake* of a raw logit, in natural log units."""
        return self.slope * logit + self.intercept


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
    kind = _kind(top)
    is_localizer = kind is ModelKind.LOCALIZER
    calibration, training = top.inner("calibration"), top.inner("training")
    return Manifest(
        kind=kind,
        name=top.get("name", str),
        version=top.get("version", str),
        origin=top.get("origin", str),
        files=_files(top.inner("files")),
        preprocessing=top.inner("preprocessing").values,
        slope=calibration.at_least("slope", 0),
        intercept=calibration.number("intercept"),
        threshold=top.number("threshold"),
        research_only=training.get("research_only", bool),
        terms=training.text("terms", required=is_localizer),
        limits=top.get("limits", str),
        document=top.values,
        classes=() if is_localizer else tuple(top.items("classes", str)),
        contract=None if is_localizer else _tensor(top.inner("input"), bounded=True),
        localizer=_localizer(top) if is_localizer else None,
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

    def text(self, name: str, *, required: bool) -> str:
        if not required and name not in self.values:
            return ""
        return self.get(name, str)

    def number(self, name: str) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name, "a number", value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(name, "a finite number", value)
        return number

    def at_least(self, name: str, least: float) -> float:
        number = self.number(name)
        if number < least:
            self.refuse(name, f"{least} or more", number)
        return number

    def count(self, name: str, *, least: int, most: int) -> int:
        number = self.get(name, int)
        if not least <= number <= most:
            self.refuse(name, f"{least} to {most}", number)
        return number

    def share(self, name: str) -> float:
        number = self.number(name)
        if not 0 < number <= 1:
            self.refuse(name, "more than 0, at most 1", number)
        return number

    def items(self, name: str, kind: type[T]) -> list[T]:
        values = self.get(name, list)
        if not all(type(value) is kind for value in values):
            self.refuse(name, f"a list of {kind.__name__}", values)
        return values

    def inner(self, name: str) -> _Fields:
        return _Fields(self.values.get(name), f"{self._where}: {name}".lstrip(": "))

    def refuse(self, name: str, expected: str, received: object) -> NoReturn:
        place = f"{self._where}: {name}".lstrip(": ")
        detail = f"{place}: Expected {expected}, received {_shown(received)}."
        raise ModelIncompatibleError(detail)


def _shown(received: object) -> str:
    try:
        return f"{received!r:.80}"
    except ValueError:  # Python refuses to write an integer of 5,000 digits
        return "a number too long to show"


def _kind(top: _Fields) -> ModelKind:
    # Manifests of the first release say nothing: there was one kind.
    word = top.values.get("kind", ModelKind.ELA_CNN.value)
    if word not in tuple(ModelKind):
        top.refuse("kind", " or ".join(ModelKind), word)
    return ModelKind(str(word))


def _files(entries: _Fields) -> tuple[ManifestFile, ...]:
    files = tuple(_file(entries, name) for name in entries.values)
    roles = [entry.role for entry in files]
    if len(set(roles)) != len(roles):
        entries.refuse("role", "one file a role", sorted(roles))
    return files


def _file(entries: _Fields, name: str) -> ManifestFile:
    if _FILE_NAME.fullmatch(name) is None:
        entries.refuse(name[:80], "a plain file name", name)
    entry = entries.inner(name)
    digest = entry.get("sha256", str)
    if _SHA256.fullmatch(digest) is None:
        entry.refuse("sha256", "64 hexadecimal digits", digest)
    role = entry.get("role", str)
    check_listed(name, role)
    return ManifestFile(
        name=name,
        role=role,
        sha256=digest,
        size=entry.get("bytes", int),
        required=entry.get("required", bool),
    )


def _localizer(top: _Fields) -> LocalizerContract:
    tiling, pooling = top.inner("tiling"), top.inner("pooling")
    side = tiling.count("side", least=128, most=4096)
    least = pooling.count("least", least=1, most=1_000_000)
    return LocalizerContract(
        inputs=_tensors(top.inner("inputs"), bounded=True),
        outputs=_tensors(top.inner("outputs"), bounded=False),
        tiling=Tiling(side, tiling.count("overlap", least=32, most=side // 2)),
        pooling=Pooling(
            share=pooling.share("share"),
            least=least,
            most=pooling.count("most", least=least, most=1_000_000),
        ),
        mask_threshold=top.share("mask_threshold"),
    )


def _tensors(entries: _Fields, *, bounded: bool) -> dict[str, TensorContract]:
    for name in entries.values:
        if _TENSOR_NAME.fullmatch(name) is None:
            entries.refuse(name[:80], "a tensor's name", name)
    return {
        name: _tensor(entries.inner(name), bounded=bounded) for name in entries.values
    }


def _tensor(entry: _Fields, *, bounded: bool) -> TensorContract:
    shape = tuple(entry.items("shape", int))
    dtype = entry.get("dtype", str)
    if not bounded:
        return TensorContract(shape, dtype)
    bounds = entry.inner("range")
    return TensorContract(shape, dtype, bounds.number("low"), bounds.number("high"))

"""The store of trained models: checked manifests, hash-pinned weights, atomic writes.

Layout: ``<store>/<name>/<version>/manifest.json`` beside the files it names. The
active version of a name is the numerically highest one without a ``+`` part; a
version such as ``1.0.0+imported.3f2a91c0`` is used only where it is asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, Self

from forensics.analysis.manifest import Manifest, parse_manifest
from forensics.analysis.model_errors import (
    ModelCorruptError,
    ModelExistsError,
    ModelIncompatibleError,
    ModelMissingError,
)
from forensics.analysis.weights_format import check_content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.analysis.types import Json

MANIFEST_NAME = "manifest.json"
MAX_MANIFEST_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# How to get what is missing, by name; other names are localizers of one's own.
_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "casia-ela-cnn": "Run manage.py train_model, or import_model with a plain "
        "--model-version.",
        "fusion": "Run manage.py calibrate_fusion.",
    }
)
_REMEDY = "Run manage.py train_localizer, or restore the model's folder."
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:\+([a-z0-9.]{1,64}))?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """``major.minor.patch`` with an optional build part, compared by number."""

    major: int
    minor: int
    patch: int
    build: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``1.10.0`` or ``1.0.0+imported.3f2a91c0``.

        Raises
        ------
        ModelIncompatibleError
            Where the text is not a version; it never reaches the file system.
        """
        match = _VERSION.fullmatch(text)
        if match is None:
            detail = f"Expected a version such as 1.2.0, received {text[:80]!r}."
            raise ModelIncompatibleError(detail)
        major, minor, patch, build = match.groups()
        return cls(int(major), int(minor), int(patch), build or "")

    def __str__(self) -> str:
        """Write it the way `parse` reads it."""
        release = f"{self.major}.{self.minor}.{self.patch}"
        return f"{release}+{self.build}" if self.build else release


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One version in the store. Its files are checked when they are read.

    ``digest`` identifies the manifest's bytes, and with them the weights. Errors name
    files from the store on, not its place: findings show them to users.
    """

    folder: Path
    manifest: Manifest
    digest: str

    def has(self, role: str) -> bool:
        """Whether the file of this role is listed and present."""
        entry = self.manifest.file(role)
        return entry is not None and (self.folder / entry.name).is_file()

    def read(self, role: str) -> bytes:
        """Read the file of a role, hold it to its SHA-256 and to its format.

        Raises
        ------
        ModelMissingError
            Where the version has no such file.
        ModelCorruptError
            Where size or hash differ from the manifest's.
        ModelIncompatibleError
            Where it is what the manifest pins, but no such data: code, say.
        """
        entry = self.manifest.file(role)
        if entry is None or not (self.folder / entry.name).is_file():
            detail = f"{_shown(self.folder)} has no {role} weights."
            raise ModelMissingError(detail)
        path = self.folder / entry.name
        if path.stat().st_size != entry.size:
            _refuse_file(path, f"{entry.size} bytes", f"{path.stat().st_size} bytes")
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if digest != entry.sha256:
            _refuse_file(path, f"SHA-256 {entry.sha256}", digest)
        check_content(_shown(path, levels=3), role, data)
        return data


def versions(store: Path, name: str) -> tuple[Version, ...]:
    """List the versions of a model, lowest first; empty where there is none."""
    folder = store / _checked_name(name)
    if not folder.is_dir():
        return ()
    found = (child.name for child in folder.iterdir() if child.is_dir())
    return tuple(sorted(Version.parse(n) for n in found if _VERSION.fullmatch(n)))


def open_model(store: Path, name: str, *, version: str | None = None) -> StoredModel:
    """Find a model and check its manifest.

    Parameters
    ----------
    store : Path
        The store's folder.
    name : str
        The model's name.
    version : str, optional
        Exactly this one; by default the highest without a ``+`` part.

    Raises
    ------
    ModelMissingError
        Where there is no such model.
    ModelCorruptError, ModelIncompatibleError
        Where its manifest is damaged, or not of this schema.
    """
    chosen = Version.parse(version) if version else _active(store, name)
    folder = store / _checked_name(name) / str(chosen)
    text = _manifest_text(folder / MANIFEST_NAME)
    manifest = _parse(text, where=_shown(folder / MANIFEST_NAME, levels=3))
    if (manifest.name, manifest.version) != (name, str(chosen)):
        detail = (
            f"{_shown(folder / MANIFEST_NAME, levels=3)}: Expected {name} {chosen}, "
            f"received {manifest.name[:80]} {manifest.version[:80]}."
        )
        raise ModelIncompatibleError(detail)
    return StoredModel(folder, manifest, hashlib.sha256(text).hexdigest()[:8])


def _manifest_text(path: Path) -> bytes:
    if not path.is_file():
        detail = (
            f"{_shown(path, levels=3)} is missing from the model store. "
            "Train or import a model, or restore the file."
        )
        raise ModelMissingError(detail)
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        detail = (
            f"{_shown(path, levels=3)} is over {MAX_MANIFEST_BYTES} bytes: "
            "not a manifest."
        )
        raise ModelCorruptError(detail)
    return path.read_bytes()


def _parse(text: bytes, *, where: str) -> Manifest:
    try:
        document = json.loads(text.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        detail = f"{where} is not JSON. Restore it from its release."
        raise ModelCorruptError(detail) from error
    return parse_manifest(document, where=where)


def write_version(
    store: Path,
    manifest: Mapping[str, Json],
    files: Mapping[str, bytes],
    *,
    replace: bool = False,
) -> Path:
    """Write a version whole or not at all.

    Parameters
    ----------
    store : Path
        The store's folder; made where missing.
    manifest : mapping
        The manifest's document; checked before anything is written.
    files : mapping of str to bytes
        The files by name.
    replace : bool
        Whether an existing version may be replaced.

    Returns
    -------
    Path
        The version's folder.

    Raises
    ------
    ModelExistsError
        Where the version is there and ``replace`` is not set.
    ModelIncompatibleError
        Where manifest or files are not what may be loaded later.
    """
    checked = parse_manifest(manifest, where="the new manifest")
    for entry in checked.files:
        check_content(entry.name, entry.role, files.get(entry.name, b""))
    version = Version.parse(checked.version)
    target = store / _checked_name(checked.name) / str(version)
    if target.exists() and not replace:
        detail = f"{target} exists. Give another version, or ask to replace it."
        raise ModelExistsError(detail)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(
        tempfile.mkdtemp(prefix=f"{version}-", suffix=".part", dir=target.parent)
    )
    try:
        _fill(part, manifest, files)
        swap_in(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def file_entry(data: bytes, *, role: str, required: bool) -> dict[str, Json]:
    """Describe a file for a manifest."""
    return {
        "role": role,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "required": required,
    }


def _fill(
    folder: Path, manifest: Mapping[str, Json], files: Mapping[str, bytes]
) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")
    folder.chmod(0o755)


def swap_in(part: Path, target: Path) -> None:
    """Rename the new folder into place; an old one stays until that worked."""
    if not target.exists():
        part.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix="old-", suffix=".part", dir=target.parent))
    target.rename(old / "version")
    try:
        part.rename(target)
    except OSError:
        (old / "version").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _active(store: Path, name: str) -> Version:
    released = [version for version in versions(store, name) if not version.build]
    if not released:
        detail = (
            f"The model store holds no active version of {_checked_name(name)}. "
            f"{_REMEDIES.get(name, _REMEDY)}"
        )
        raise ModelMissingError(detail)
    return released[-1]


def _shown(path: Path, *, levels: int = 2) -> str:
    """Name a folder ``name/version``, or with 3 levels a file in it."""
    return "/".join(path.parts[-levels:])


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        detail = f"Expected a model name such as casia-ela-cnn, received {name[:80]!r}."
        raise ModelIncompatibleError(detail)
    return name


def _refuse_file(path: Path, expected: str, received: str) -> NoReturn:
    detail = (
        f"{_shown(path, levels=3)} is damaged or was changed. "
        f"Expected {expected}, received {received}. "
        "Restore the file from its release, or train or import the model again."
    )
    raise ModelCorruptError(detail)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)

"""Refuses test pictures that a model has seen: lists of hashes of training pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.image import load_evidence
from forensics.analysis.rendering import upright
from forensics.analysis.types import ImageRejectedError, Limits
from forensics.training.datasets import Sample
from forensics.training.errors import DatasetError
from forensics.training.grouping import source_tokens
from forensics.training.hashing import (
    EXCLUSION_BITS,
    mirrored_hash,
    near_pairs,
    perceptual_hash,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from forensics.analysis.types import Json
    from forensics.training.benchmark.cases import Case

HASHES_FILE = "training.hashes"
HASHES_ROLE = "training_hashes"
_LINE = re.compile(r"([0-9a-f]{16})(?: (.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """A list of training pictures: ``hashes`` is uint64, aligned with ``names``."""

    title: str
    names: tuple[str, ...]
    hashes: NDArray[np.uint64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A picture's perceptual hash, as it is and mirrored; ``digest`` is its file's."""

    plain: int
    mirrored: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A test picture that a list knows; ``bits`` differ, None where names tell."""

    set_name: str
    file: str
    known: str
    listed_in: str
    bits: int | None
    is_mirrored: bool = False

    def to_json(self) -> dict[str, Json]:
        """Describe it for the results."""
        return {
            "set": self.set_name,
            "file": self.file,
            "known": self.known,
            "list": self.listed_in,
            "bits": self.bits,
            "mirrored": self.is_mirrored,
        }

    def sentence(self) -> str:
        """Say why the picture is refused."""
        if self.bits is None:
            return f"{self.file}: made from {self.known} ({self.listed_in})"
        seen = "the mirrored " if self.is_mirrored else ""
        return (
            f"{self.file}: {self.bits} of 64 bits from {seen}{self.known} "
            f"({self.listed_in})"
        )


def fingerprint(pixels: Image.Image, orientation: int = 1) -> Fingerprint:
    """Hash a picture as people see it.

    Parameters
    ----------
    pixels : PIL.Image.Image
        As stored.
    orientation : int
        EXIF orientation that makes it upright.
    """
    seen = upright(pixels, orientation)
    return Fingerprint(perceptual_hash(seen), mirrored_hash(seen))


def write_hash_list(samples: Iterable[Sample | Path]) -> bytes:
    """Write the list of training pictures that belongs beside a model's weights.

    A trainer stores it in the model's version as ``training.hashes`` with the role
    ``training_hashes``: one line a picture, its hash in 16 hexadecimal digits, a
    space, its file name. Pictures that cannot be decoded are left out, as they are
    in training.

    Parameters
    ----------
    samples : iterable of Sample or Path
        Every picture that training, validation or calibration looked at.
    """
    paths = [s.path if isinstance(s, Sample) else s for s in samples]
    lines = (_listed(path) for path in paths)
    return "".join(line for line in lines if line is not None).encode()


def _listed(path: Path) -> str | None:
    try:
        evidence = load_evidence(path.read_bytes(), Limits())
    except ImageRejectedError:
        return None
    found = perceptual_hash(upright(evidence.pixels, evidence.orientation))
    # Bytes that are no text, and line ends, would break the list.
    name = "".join(c if c.isprintable() else "?" for c in path.name)
    return f"{found:016x} {name}\n"


def read_hash_list(data: bytes, *, title: str) -> KnownPictures:
    """Read what `write_hash_list` wrote.

    Raises
    ------
    DatasetError
        At the first line that is none of its.
    """
    names, hashes = [], []
    for number, line in enumerate(_lines(data, title), start=1):
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise DatasetError(
                f"{title}, line {number}: Expected 16 hexadecimal digits and a name."
            )
        hashes.append(int(match[1], 16))
        names.append(match[2] or "a picture without a name")
    return KnownPictures(title, tuple(names), np.array(hashes, dtype=np.uint64))


def _lines(data: bytes, title: str) -> list[str]:
    try:
        return data.decode().removesuffix("\n").split("\n") if data else []
    except UnicodeDecodeError as error:
        raise DatasetError(f"{title} is not text in UTF-8.") from error


def find_leaks(
    cases: Sequence[Case],
    fingerprints: Sequence[Fingerprint | None],
    lists: Sequence[KnownPictures],
) -> dict[int, Leak]:
    """Find the test pictures that a model may have seen.

    A picture is refused where its hash, or that of its mirror image, is at most
    `EXCLUSION_BITS` from a listed one, or where its name or its set's manifest names
    a listed picture as a source.

    Parameters
    ----------
    cases : sequence of Case
        The test pictures.
    fingerprints : sequence of Fingerprint or None, same length
        None where a picture cannot be decoded.
    lists : sequence of KnownPictures
        The training lists.

    Returns
    -------
    dict of int to Leak
        By position; of several matches the nearest, names before hashes.
    """
    found: dict[int, Leak] = {}
    for known in lists:
        for is_mirrored in (False, True):
            _near(cases, fingerprints, known, found, is_mirrored=is_mirrored)
    for known in lists:
        _named(cases, known, found)
    return dict(sorted(found.items()))


def _near(
    cases: Sequence[Case],
    fingerprints: Sequence[Fingerprint | None],
    known: KnownPictures,
    found: dict[int, Leak],
    *,
    is_mirrored: bool,
) -> None:
    asked = [i for i, own in enumerate(fingerprints) if own is not None]
    own = [f.mirrored if is_mirrored else f.plain for f in fingerprints if f]
    hashes = np.array(own, dtype=np.uint64)
    for row, column in near_pairs(hashes, known.hashes, bits=EXCLUSION_BITS):
        case, bits = (
            cases[asked[row]],
            (own[row] ^ int(known.hashes[column])).bit_count(),
        )
        before = found.get(asked[row])
        if before is None or before.bits is None or bits < before.bits:
            found[asked[row]] = Leak(
                case.set_name,
                case.file,
                known.names[column],
                known.title,
                bits,
                is_mirrored,
            )


def _named(cases: Sequence[Case], known: KnownPictures, found: dict[int, Leak]) -> None:
    names = set(known.names)
    tokens = {token: name for name in known.names for token in source_tokens(name)}
    for index, case in enumerate(cases):
        by_manifest = next((s for s in case.sources if s in names), None)
        by_token = (tokens[t] for t in source_tokens(case.name) if t in tokens)
        source = by_manifest or next(by_token, None)
        if source is not None:
            found[index] = Leak(case.set_name, case.file, source, known.title, None)

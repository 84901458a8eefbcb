"""Whom to believe: anchors of signers and of time-stamping authorities."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from forensics.analysis.types import ForensicsError

_MAX_BYTES: Final = 4 * 1024 * 1024
_NOTE = re.compile(r"^#\s*(name|date|source):\s*(\S.{0,300}?)\s*$", re.MULTILINE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class TrustListError(ForensicsError):
    """Why a trust list cannot be used, in words for an operator."""


@dataclass(frozen=True, slots=True)
class TrustList:
    """Certificates whose holders' signatures are believed.

    Attributes
    ----------
    signers, authorities : str
        PEM certificates of claim signers' and of time-stamping authorities' anchors.
    name, date, source : str
        As the file's leading comments say; empty where they say nothing.
    certificates : int
        How many anchors of signers there are.
    digest : str
        Of both, the first 12 digits of their SHA-256, to tell lists apart.
    """

    signers: str = field(repr=False)
    authorities: str = field(repr=False)
    name: str
    date: str
    source: str
    certificates: int
    digest: str

    @property
    def label(self) -> str:
        """Name the list in a report's parameters."""
        return f"{self.date or 'undated'} {self.digest}"


def parse_trust_list(signers: bytes, authorities: bytes = b"") -> TrustList:
    """Read PEM files of anchors; comments may say ``# name:``, ``date:``, ``source:``.

    Raises
    ------
    TrustListError
        Too large, not text, no certificate, or one that cannot be read.
    """
    text, stamps = _text(signers), _text(authorities)
    count = _count(signers)
    if not count:
        raise TrustListError(
            "It holds no certificate. A trust list is a PEM file: blocks that begin "
            "with -----BEGIN CERTIFICATE-----."
        )
    _count(authorities)
    notes = dict(_NOTE.findall(text[:4000]))
    date = notes.get("date", "")
    return TrustList(
        signers=text,
        authorities=stamps,
        name=notes.get("name", ""),
        date=date if _DATE.fullmatch(date) else "",
        source=notes.get("source", ""),
        certificates=count,
        digest=hashlib.sha256(signers + b"\x00" + authorities).hexdigest()[:12],
    )


def _text(pem: bytes) -> str:
    if len(pem) > _MAX_BYTES:
        raise TrustListError(f"It is larger than {_MAX_BYTES:,} bytes.")
    try:
        return pem.decode("utf-8")
    except UnicodeDecodeError:
        raise TrustListError("It is not text; a PEM file is.") from None


def _count(pem: bytes) -> int:
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        return 0
    try:
        return len(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise TrustListError(f"A certificate in it cannot be read: {error}.") from error

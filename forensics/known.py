"""Reads: which known images a picture is, or looks like. Exact to a stated distance."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.db.models import BooleanField, F, Func

from forensics.analysis.pdq_index import MATCH_DISTANCE, distances, neighbours
from forensics.known_models import BAND_FIELDS, Bank, BankEntry, Fingerprint
from forensics.models import Analysis, Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler

logger = logging.getLogger(__name__)

# Among a million unlike pictures a look-up meets about a thousand. Far more are there
# only if very many are alike, and then it is cut off and says so.
MAX_CANDIDATES = 20_000
MAX_MATCHES = 50


@dataclass(frozen=True, slots=True)
class Near:
    """What a look-up found, the nearest first.

    ``is_complete`` is false where so many stored hashes are alike that not all of
    them were compared.
    """

    distances: Mapping[UUID, int]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class BankMatch:
    """A picture is in a bank, or looks like one that is.

    ``method`` is ``sha256`` (the very file) or ``pdq``; ``distance`` is in bits of
    256, 0 for the very file; ``transform`` says how the picture is turned against the
    entry. ``hash`` is the entry's, so that the match can be checked later.
    """

    entry: str
    bank: str
    purpose: str
    method: str
    distance: int
    transform: str
    hash: str

    @property
    def code(self) -> str:
        """Stable word: ``known_fake``, or ``known_fake_near`` if it looks alike."""
        return f"known_{self.purpose}{'' if self.method == 'sha256' else '_near'}"

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with an analysis."""
        return {"code": self.code, **asdict(self)}


def near_images(image: Image) -> Near:
    """Return the other stored images that look like this one.

    An image whose hash is not there yet, or that is too flat, looks like none.
    """
    own = Fingerprint.objects.filter(image=image).only("pdq", "band_00").first()
    if own is None or own.band_00 is None:
        return Near({})
    return near(Fingerprint.objects.exclude(image=image), own.pdq)


def near(rows: QuerySet[Any], pdq: str, *, distance: int = MATCH_DISTANCE) -> Near:
    """Return every row within ``distance`` (0..31) bits of a hash, by primary key."""
    alike = rows.filter(_SharesABand(neighbours(pdq, distance=distance))).order_by()
    with _by_index(alike.db):
        candidates = list(alike.values_list("pk", "pdq")[: MAX_CANDIDATES + 1])
    is_complete = len(candidates) <= MAX_CANDIDATES
    if not is_complete:
        logger.warning("more than %s stored hashes are alike", MAX_CANDIDATES)
    if not candidates:
        return Near({})
    keys, hashes = zip(*candidates, strict=True)
    found = distances(pdq, hashes)
    order = sorted(
        (int(bits), str(key), key)
        for key, bits in zip(keys, found, strict=True)
        if bits <= distance
    )
    return Near({key: bits for bits, _, key in order}, is_complete)


@contextmanager
def _by_index(using: str) -> Iterator[None]:
    """Keep PostgreSQL from reading the whole table, which it takes for cheaper.

    It does not count what comparing each row with two thousand numbers costs: of
    100,000 rows it reads all, in 133 ms instead of 20.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(using), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")


class _SharesABand(Func):
    """True of a row that has one of the wanted values in one of its bands.

    Two thousand whole numbers of our own: written into the statement they cost a tenth
    of what as many parameters do.
    """

    conditional = True
    output_field = BooleanField()

    def __init__(self, values: Sequence[Sequence[int]]) -> None:
        super().__init__(*(F(field) for field in BAND_FIELDS))
        self._values = values

    def as_sql(  # type: ignore[override]  # Django's has more that is not needed
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """Write the condition."""
        parts = []
        for band, values in zip(self.source_expressions, self._values, strict=True):
            if values:
                column, _ = compiler.compile(band)
                parts.append(f"{column} IN ({','.join(map(str, values))})")
        return f"({' OR '.join(parts)})", []


def bank_matches(*, sha256: str, hashes: Mapping[str, str]) -> list[BankMatch]:
    """Return the entries of active banks that a picture is, or looks like.

    Parameters
    ----------
    sha256 : str
        Of the file.
    hashes : mapping of str to str
        PDQ by transform, such as ``Pdq.hashes``; empty where it is too flat.

    Returns
    -------
    list of BankMatch
        The very file first, then by distance; each entry once, at most 50.
    """
    banks = Bank.objects.filter(is_active=True).in_bulk()
    if not banks:
        return []
    exact = BankEntry.objects.filter(sha256=sha256, bank__in=banks)[:MAX_MATCHES]
    found = {entry.pk: _match(entry, banks, "sha256", 0, "same") for entry in exact}
    closest: dict[UUID, tuple[int, str]] = {}
    for transform, pdq in hashes.items():
        for key, bits in near(BankEntry.objects.all(), pdq).distances.items():
            if key not in closest or bits < closest[key][0]:
                closest[key] = (bits, transform)
    alike = BankEntry.objects.filter(pk__in=closest.keys() - found.keys())
    for entry in alike.filter(bank__in=banks) if closest else ():
        found[entry.pk] = _match(entry, banks, "pdq", *closest[entry.pk])
    ranked = sorted(
        found.values(), key=lambda m: (m.method != "sha256", m.distance, m.bank)
    )
    return ranked[:MAX_MATCHES]


def _match(
    entry: BankEntry, banks: Mapping[int, Bank], method: str, bits: int, transform: str
) -> BankMatch:
    bank = banks[entry.bank_id]
    return BankMatch(
        entry=str(entry.pk),
        bank=bank.name,
        purpose=bank.purpose,
        method=method,
        distance=bits,
        transform=transform,
        hash=entry.sha256 if method == "sha256" else entry.pdq,
    )


def bank_matches_now(image: Image) -> list[BankMatch]:
    """Return what the banks of today say of a stored image."""
    own = Fingerprint.objects.filter(image=image).only("pdq", "band_00").first()
    is_usable = own is not None and own.band_00 is not None
    hashes = {"same": own.pdq} if own is not None and is_usable else {}
    return bank_matches(sha256=image.sha256, hashes=hashes)


def banks_have_news(analysis: Analysis) -> bool:
    """Return whether the banks now hold what they did not when this analysis ran."""
    recorded = {match["entry"] for match in analysis.known_matches}
    if len(recorded) >= MAX_MATCHES:
        return False  # only the nearest were recorded, so others prove nothing
    now = bank_matches_now(analysis.image)
    return any(match.entry not in recorded for match in now)


def images_without_fingerprint(version: str) -> QuerySet[Image]:
    """Return the images whose hash is missing, or made by another version."""
    return Image.objects.exclude(fingerprint__version=version).order_by("id")

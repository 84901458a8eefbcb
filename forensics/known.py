"""Reads: which known images a picture is, or looks like. Exact to a stated distance."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.db.models import BigIntegerField, BooleanField, ExpressionWrapper, F, Func

from accounts.keys.limits import key_may
from accounts.keys.scopes import Scope
from forensics.analysis.pdq_index import MATCH_DISTANCE, distances, neighbours
from forensics.known_models import (
    BAND_FIELDS,
    Bank,
    BankEntry,
    BankPurpose,
    Fingerprint,
    code_of,
)
from forensics.models import Analysis, Image

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler

    from accounts.models import User

logger = logging.getLogger(__name__)

# Among a million unlike pictures a look-up meets about a thousand. Far more are there
# only if very many are alike, and then it is cut off and says so.
MAX_CANDIDATES = 20_000
# Of each purpose, the nearest that look alike; the very file counts no limit.
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
        return code_of(self.purpose, is_exact=self.is_exact)

    @property
    def is_exact(self) -> bool:
        """Whether it is the very file."""
        return self.method == "sha256"

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with an analysis."""
        return {"code": self.code, **asdict(self)}


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """What the active banks say of a picture.

    ``cut_off`` holds the codes of which not every entry was compared, because too many
    are alike.
    """

    matches: Sequence[BankMatch] = ()
    cut_off: frozenset[str] = frozenset()

    @property
    def is_complete(self) -> bool:
        """Whether every entry was compared."""
        return not self.cut_off


def near_images(image: Image) -> Near:
    """Return the organization's other images that look like this one.

    An image whose hash is not there yet, or that is too flat, looks like none.
    """
    own = Fingerprint.objects.filter(image=image).only("pdq", "band_00").first()
    if own is None or own.band_00 is None:
        return Near({})
    # Plus nothing, so that no database begins with all images of the organization.
    owner = ExpressionWrapper(
        F("image__organization_id") + 0, output_field=BigIntegerField()
    )
    others = Fingerprint.objects.exclude(image=image).alias(owner=owner)
    return near(others.filter(owner=image.organization_id), own.pdq)


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


def bank_matches(
    *, sha256: str, hashes: Mapping[str, str], organization_id: int | None
) -> BankAnswer:
    """Return the entries of active banks that a picture is, or looks like.

    Parameters
    ----------
    sha256 : str
        Of the file.
    hashes : mapping of str to str
        PDQ by transform, such as ``Pdq.hashes``; empty where it is too flat.
    organization_id : int
        Whose banks are asked.

    Returns
    -------
    BankAnswer
        Each entry once: the very file first, always, then by distance, at most 50 of
        each purpose.
    """
    banks = Bank.objects.filter(is_active=True, organization=organization_id).in_bulk()
    if not banks:
        return BankAnswer()
    exact = BankEntry.objects.filter(sha256=sha256, bank__in=banks)
    found = {entry.pk: _match(entry, banks, "sha256", 0, "same") for entry in exact}
    cut_off = set()
    # Each purpose by itself: many good ones must not crowd out a fake one.
    for purpose in sorted({bank.purpose for bank in banks.values()}):
        chosen = [key for key, bank in banks.items() if bank.purpose == purpose]
        closest, is_complete = _closest(chosen, hashes, but=found.keys())
        for entry in BankEntry.objects.filter(pk__in=closest, bank__in=chosen):
            found[entry.pk] = _match(entry, banks, "pdq", *closest[entry.pk])
        if not is_complete:
            cut_off.add(code_of(purpose, is_exact=False))
    ranked = sorted(
        found.values(), key=lambda m: (not m.is_exact, m.distance, m.bank, m.entry)
    )
    return BankAnswer(ranked, frozenset(cut_off))


def _closest(
    banks: Collection[int], hashes: Mapping[str, str], *, but: Collection[UUID]
) -> tuple[dict[UUID, tuple[int, str]], bool]:
    """Return the nearest entries of some banks, how near and turned; whether all."""
    # Plus nothing, so that no database reads a whole bank by its index on the bank
    # instead of the few rows by those on the bands.
    number = ExpressionWrapper(F("bank_id") + 0, output_field=BigIntegerField())
    rows = BankEntry.objects.alias(number=number).filter(number__in=banks)
    closest: dict[UUID, tuple[int, str]] = {}
    is_complete = True
    for transform, pdq in hashes.items():
        found = near(rows, pdq)
        is_complete = is_complete and found.is_complete
        for key, bits in found.distances.items():
            if key not in but and (key not in closest or bits < closest[key][0]):
                closest[key] = (bits, transform)
    ranked = sorted(closest, key=lambda key: (closest[key][0], str(key)))
    return {key: closest[key] for key in ranked[:MAX_MATCHES]}, is_complete


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


def bank_matches_now(image: Image) -> BankAnswer:
    """Return what the banks of today say of a stored image."""
    own = Fingerprint.objects.filter(image=image).only("pdq", "band_00").first()
    is_usable = own is not None and own.band_00 is not None
    hashes = {"same": own.pdq} if own is not None and is_usable else {}
    return bank_matches(
        sha256=image.sha256, hashes=hashes, organization_id=image.organization_id
    )


def banks_have_news(analysis: Analysis) -> bool:
    """Return whether the banks say something else than when this analysis ran."""
    recorded = analysis.known_matches
    now = bank_matches_now(analysis.image)
    return bool(unrecorded(recorded, now)) or _are_outdated(recorded)


def unrecorded(
    recorded: Collection[Mapping[str, Any]], now: BankAnswer
) -> list[BankMatch]:
    """Return what the banks say now and did not then.

    Of what looks alike only the nearest are recorded: where these were cut off, others
    prove nothing. The very file always does.
    """
    known = {(match["entry"], match["code"]) for match in recorded}
    counts = Counter(match["code"] for match in recorded)
    cut_off = now.cut_off | {code for code, n in counts.items() if n >= MAX_MATCHES}
    return [
        match
        for match in now.matches
        if (match.entry, match.code) not in known
        and (match.is_exact or match.code not in cut_off)
    ]


def _are_outdated(recorded: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether an entry left the active banks since, or means another thing.

    Asked of the entries themselves: pages and intake know the picture's hash in one
    position only, the record was made in eight.
    """
    then = {(match["entry"], match["code"], match["hash"]) for match in recorded}
    entries = BankEntry.objects.filter(
        pk__in={entry for entry, _, _ in then}, bank__is_active=True
    )
    now = set()
    for entry in entries.select_related("bank"):
        purpose = entry.bank.purpose
        now.add((str(entry.pk), code_of(purpose, is_exact=True), entry.sha256))
        now.add((str(entry.pk), code_of(purpose, is_exact=False), entry.pdq))
    return not then <= now


def may_see_banks(user: User | None) -> bool:
    """Return whether this person may know which banks there are and what they hold.

    With a key, only if it is one for banks.
    """
    may = user is not None and user.has_perm("forensics.view_bankentry")
    return may and key_may(Scope.BANKS_READ)


def matches_shown_to(
    user: User | None, recorded: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """Return what this person may know of recorded matches.

    Who may not look into the banks learns that a bank of known fakes or of known good
    images holds it, neither which bank nor which entry, and nothing of other banks.
    """
    if may_see_banks(user):
        return recorded
    return [
        {**match, "entry": None, "bank": None, "hash": None}
        for match in recorded
        if match["purpose"] != BankPurpose.CUSTOM
    ]


def images_without_fingerprint(version: str) -> QuerySet[Image]:
    """Return the images whose hash is missing, or made by another version."""
    return Image.objects.exclude(fingerprint__version=version).order_by("id")

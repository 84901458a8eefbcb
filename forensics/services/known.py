"""Known images: what an analysis meets in the banks, and what it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from forensics import files
from forensics.analysis.declared import declared_fake, remarked
from forensics.analysis.image import load_evidence
from forensics.analysis.pdq import PDQ_VERSION, pdq
from forensics.analysis.pdq_index import is_hash, is_telling
from forensics.known import BankMatch, bank_matches
from forensics.known_models import BAND_FIELDS, BankEntry, Fingerprint, band_columns
from forensics.services.pipeline import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from accounts.models import User
    from forensics.analysis.pdq import Pdq
    from forensics.analysis.types import Report
    from forensics.exchange import KnownImage
    from forensics.known_models import Bank
    from forensics.models import Image

T = TypeVar("T")

_AT_ONCE = 500


def recognize(
    report: Report, *, organization_id: int | None
) -> tuple[Report, list[BankMatch]]:
    """Look a picture up in an organization's banks; add what they say as reasons.

    Only the very file of a known fake has a weight: it makes the verdict *fake*. What
    looks alike may be the untouched original of a forgery, or the other way around.
    """
    found = report.pdq
    hashes = found.hashes if found is not None and found.is_usable else {}
    answer = bank_matches(
        sha256=report.sha256, hashes=hashes, organization_id=organization_id
    )
    matches = list(answer.matches)
    first = {match.code: match for match in reversed(matches) if match.code in _WORDS}
    for code, match in first.items():
        text = _WORDS[code].format(**_details(match))
        if code == "known_fake":
            report = declared_fake(report, code=code, text=text)
        else:
            report = remarked(report, code=code, text=text)
    if not answer.is_complete:
        report = remarked(report, code="known_incomplete", text=_INCOMPLETE)
    return report, matches


def store_fingerprint(*, image_id: UUID, found: Pdq) -> None:
    """Keep the hash by which this image is found again; a flat one matches nothing."""
    Fingerprint.objects.update_or_create(
        image_id=image_id,
        defaults={
            "pdq": found.hash,
            "quality": found.quality,
            "version": PDQ_VERSION,
            **band_columns(found.hash if found.is_usable else ""),
        },
    )


def fingerprint_image(*, image: Image) -> Pdq:
    """Hash a stored original and keep the hash.

    Raises
    ------
    StorageError, ImageRejectedError
        The original cannot be read, or is no picture by today's rules.
    """
    data = files.read_bytes(str(image.original.name))
    evidence = load_evidence(data, limits())
    found = pdq(evidence.pixels, orientation=evidence.orientation)
    store_fingerprint(image_id=image.pk, found=found)
    return found


def check_entry(
    *, sha256: str, pdq: str, organization_id: int | None
) -> dict[str, str]:
    """Return the hashes as they are stored.

    An entry that names only the SHA-256 of an image that the organization has gets its
    PDQ as well.

    Raises
    ------
    ValidationError
        There is no hash, or a malformed one.
    """
    found = {"sha256": sha256.strip().lower(), "pdq": pdq.strip().lower()}
    for name, value in found.items():
        if value and not is_hash(value):
            raise ValidationError({name: _("Give 64 hexadecimal digits, or nothing.")})
    if not any(found.values()):
        raise ValidationError(_("Give a SHA-256, a PDQ hash, or both."))
    if not found["pdq"]:
        found["pdq"] = _pdq_of_stored(found["sha256"], organization_id)
    if found["pdq"] and not is_telling(found["pdq"]):
        raise ValidationError({"pdq": _("This is the hash of something flat.")})
    return found


def save_entry(*, entry: BankEntry) -> BankEntry:
    """Check and store one entry of a bank.

    Raises
    ------
    ValidationError
        See :func:`check_entry`; or the bank has it already.
    """
    found = check_entry(
        sha256=entry.sha256,
        pdq=entry.pdq,
        organization_id=entry.bank.organization_id,
    )
    for field, value in (found | band_columns(found["pdq"])).items():
        setattr(entry, field, value)
    entry.full_clean(exclude=["added_by"])
    entry.save()
    return entry


@transaction.atomic
def import_entries(
    *, bank: Bank, known: Iterable[KnownImage], source: str, added_by: User | None
) -> int:
    """Store many entries; those that are in the bank already stay. Return the new."""
    before = bank.entries.count()
    for part in _parts(known, _AT_ONCE):
        BankEntry.objects.bulk_create(
            (
                BankEntry(
                    bank=bank,
                    sha256=image.sha256,
                    pdq=image.pdq,
                    source=image.source or source,
                    note=image.note,
                    tags=list(image.tags),
                    added_by=added_by,
                    added_by_name=str(added_by) if added_by else "",
                    **band_columns(image.pdq),
                )
                for image in part
            ),
            ignore_conflicts=True,
        )
    return bank.entries.count() - before


def _pdq_of_stored(sha256: str, organization_id: int | None) -> str:
    stored = Fingerprint.objects.filter(
        image__sha256=sha256, image__organization=organization_id
    ).first()
    usable = stored is not None and getattr(stored, BAND_FIELDS[0]) is not None
    return stored.pdq if stored is not None and usable else ""


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    part: list[T] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _details(match: BankMatch) -> dict[str, str]:
    turned = match.transform.replace("_", " by ")
    return {
        "distance": f"{match.distance} of 256 bits differ",
        "turned": "" if match.transform == "same" else f", {turned}",
    }


# No bank's name: reasons are read by people who may not know which banks there are.
_WORDS = {
    "known_fake": "This very file is in a bank of known fakes.",
    "known_fake_near": (
        "The picture{turned} looks like one in a bank of known fakes "
        "({distance}). It may be that fake, or what it was made from: compare."
    ),
    "known_good": "This very file is in a bank of known good images.",
    "known_good_near": (
        "The picture{turned} looks like one in a bank of known good images "
        "({distance}). A forgery made from it looks like it too: compare."
    ),
}
_INCOMPLETE = (
    "Very many known images are alike, so not all were compared: the picture may look "
    "like others than those that were found."
)

"""Rows about known images: the hash of each picture seen, and banks of known ones."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from accounts.models import DEFAULT_ORGANIZATION, Organization
from forensics.analysis.pdq_index import BANDS, band_values

BAND_FIELDS = tuple(f"band_{number:02}" for number in range(BANDS))
MAX_TEXT = 1000


def band_columns(pdq: str) -> dict[str, int | None]:
    """Return the indexed columns of a hash; empty where it shall match nothing."""
    values: tuple[int | None, ...] = band_values(pdq) if pdq else (None,) * BANDS
    return dict(zip(BAND_FIELDS, values, strict=True))


def _band() -> models.IntegerField[Any, Any]:
    return models.IntegerField(null=True, blank=True, editable=False, db_index=True)


class PdqIndexed(models.Model):
    """A PDQ hash and twelve indexed parts of it: see ``analysis/pdq_index.py``."""

    pdq = models.CharField(
        "PDQ",
        max_length=64,
        blank=True,
        help_text=_("of the picture, 64 hexadecimal digits"),
    )
    band_00 = _band()
    band_01 = _band()
    band_02 = _band()
    band_03 = _band()
    band_04 = _band()
    band_05 = _band()
    band_06 = _band()
    band_07 = _band()
    band_08 = _band()
    band_09 = _band()
    band_10 = _band()
    band_11 = _band()

    class Meta:
        abstract = True


class Fingerprint(PdqIndexed):
    """The PDQ hash of one stored image. Its bands are empty where it is too flat."""

    image = models.OneToOneField(
        "forensics.Image",
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="fingerprint",
    )
    quality = models.PositiveSmallIntegerField(
        help_text=_("0 to 100; below 50: too flat")
    )
    version = models.CharField(max_length=16)

    class Meta:
        ordering = ("image",)

    def __str__(self) -> str:
        return self.pdq


class BankPurpose(models.TextChoices):
    """What it means to be in a bank."""

    FAKE = "fake", _("Known fakes")
    GOOD = "good", _("Known good")
    CUSTOM = "custom", _("Other")


def code_of(purpose: str, *, is_exact: bool) -> str:
    """Return ``known_fake``, or ``known_fake_near`` of what only looks alike."""
    return f"known_{purpose}{'' if is_exact else '_near'}"


class Bank(models.Model):
    """A named list of known images."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="banks",
        editable=False,
        default=DEFAULT_ORGANIZATION,
    )
    name = models.CharField(max_length=100)
    purpose = models.CharField(max_length=16, choices=BankPurpose.choices)
    description = models.TextField(blank=True, max_length=MAX_TEXT)
    is_active = models.BooleanField(
        default=True, help_text=_("whether new analyses are compared with it")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"),
                name="one_bank_of_a_name",
                violation_error_message="There is a bank of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class BankEntry(PdqIndexed):
    """One known image: the file itself, how it looks, or both."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="entries")
    sha256 = models.CharField(
        "SHA-256",
        max_length=64,
        blank=True,
        db_index=True,
        help_text=_("of the file, 64 hexadecimal digits"),
    )
    source = models.CharField(
        max_length=255, blank=True, help_text=_("where it comes from")
    )
    note = models.TextField(blank=True, max_length=MAX_TEXT)
    tags = models.JSONField(default=list, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    added_by_name = models.CharField(max_length=150, blank=True, editable=False)
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = _("bank entries")
        ordering = ("-added_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("bank", "sha256", "pdq"), name="one_entry_per_image_and_bank"
            ),
            models.CheckConstraint(
                condition=~Q(sha256="") | ~Q(pdq=""), name="an_entry_has_a_hash"
            ),
        )

    def __str__(self) -> str:
        return (self.sha256 or self.pdq)[:12]

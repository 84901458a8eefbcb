"""Exports of lists: how long one may be, and the line in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from moderation.services.audit import record
from moderation.services.permissions import require

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from accounts.models import User

MOST_ROWS, MOST_ROWS_OF_WHOLE = 10_000, 1_000_000
EXPORT, EXPORT_WHOLE = "moderation.export_list", "moderation.export_whole_list"


def begin_export(
    *, actor: User, list_name: str, query: str, rows: QuerySet[Model]
) -> int:
    """Put an export on record, before a byte of it leaves; return how many rows.

    Raises
    ------
    NotAllowedError
        The person may not export lists.
    """
    require(actor, EXPORT, _("export lists"))
    most = MOST_ROWS_OF_WHOLE if actor.has_perm(EXPORT_WHOLE) else MOST_ROWS
    count = rows.order_by()[:most].count()
    with transaction.atomic():
        record(
            "list_exported",
            actor=actor,
            list=list_name,
            filters=query,
            count=count,
            is_cut=count == most,
        )
    return count

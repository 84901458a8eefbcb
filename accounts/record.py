"""Where this app puts on record what happens to people and their tokens.

The record belongs to an app that this one does not know: the setting ``RECORDER`` names
the function that appends to it. It is called as the last step of a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from accounts.models import User


def record(
    action: str,
    *,
    actor: User | None,
    organization_id: int | None = None,
    **data: Any,
) -> None:
    """Append one event; raises where it cannot, and so undoes what it was about.

    It stands in the record of ``organization_id``, by default of the actor's.
    """
    import_string(settings.RECORDER)(
        action, actor=actor, organization_id=organization_id, **data
    )

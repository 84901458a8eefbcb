"""What stands beside the rows of images and analyses, loaded once for a page.

The decision of a person, beside the result of the machine and never over it; and the
latest arrivals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import serializers

from accounts.keys.limits import key_may
from accounts.keys.scopes import Scope
from forensics.api.quick import Quick
from forensics.selectors import Arrivals, latest_arrivals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from uuid import UUID

    from accounts.models import User


class HumanDecisionSerializer(Quick):
    """What a person decided about the picture; whoever is to judge it sees none."""

    id = serializers.UUIDField()
    case = serializers.UUIDField(
        source="case_id", help_text="what an appeal is sent to"
    )
    outcome = serializers.CharField(help_text="`authentic`, `fake` or `cannot_tell`")
    reason = serializers.CharField(
        source="shown_reason",
        allow_null=True,
        help_text="null for who may not read decisions",
    )
    analysis = serializers.UUIDField(
        source="analysis_id", allow_null=True, help_text="whose evidence was looked at"
    )
    decided_at = serializers.DateTimeField(source="created_at")
    final_at = serializers.DateTimeField(help_text="until then it can be taken back")


def human_decisions(user: User, images: Collection[UUID]) -> Mapping[UUID, Any]:
    """Return the decision in force about each image that may be known of.

    A key without the scope for decisions learns of none, whatever it asks for.
    """
    if not key_may(Scope.DECISIONS_READ):
        return {}
    about: Callable[[User, Collection[UUID]], Mapping[UUID, Any]]
    about = import_string(settings.HUMAN_DECISIONS)
    return about(user, images) if images else {}


def decision_in(context: Mapping[str, Any], image: UUID) -> Any:
    """Return what a serializer shows of the decision about an image."""
    found = cast("Mapping[UUID, Any]", context.get("decisions", {})).get(image)
    return None if found is None else _SHAPE.to_representation(found)


def beside_images(user: User, images: Collection[UUID]) -> Mapping[str, Any]:
    """Return what the serializer of images needs besides its rows."""
    return {
        "decisions": human_decisions(user, images),
        "arrivals": latest_arrivals(user, images),
    }


def arrivals_in(context: Mapping[str, Any], image: UUID) -> Arrivals:
    """Return what a serializer shows of the arrivals of an image."""
    found = cast("Mapping[UUID, Arrivals]", context.get("arrivals", {}))
    return found.get(image, Arrivals())


# Made once: a page would make one for each of its rows.
_SHAPE = HumanDecisionSerializer()

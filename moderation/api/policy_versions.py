"""The versions of a policy over HTTP: each has an address of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.shortcuts import get_object_or_404
from rest_framework.viewsets import GenericViewSet

from forensics.api.expansions import by_row
from forensics.api.permissions import person
from forensics.api.reading import Listing, Retrieving
from forensics.api.shaping import Expansion
from moderation import policy_selectors
from moderation.api.filters import PolicyVersionFilters
from moderation.api.serializers import PolicySummarySerializer, PolicyVersionSerializer
from moderation.models import PolicyVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import User
    from forensics.keyset import Ordering


def _policies(user: User, rows: Sequence[Any], _: Any) -> Mapping[Any, Any]:
    """Return the policies of these versions."""
    wanted = {row.pk: row.policy_id for row in rows}
    visible = policy_selectors.policies_visible_to(user)
    found = visible.prefetch_related("versions").in_bulk(set(wanted.values()))
    return by_row(wanted, found)


class PolicyVersionViewSet(Retrieving, Listing, GenericViewSet[PolicyVersion]):
    """The versions of one policy, the newest first. Only a draft ever changes."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.view_policy"}
    resource = "policy_version"
    expansions: ClassVar[Mapping[str, Expansion]] = {
        "policy": Expansion(
            _policies,
            PolicySummarySerializer,
            PolicySummarySerializer,
            "the policy without its versions",
        )
    }
    lookup_field = "number"
    queryset = PolicyVersion.objects.none()
    serializer_class = PolicyVersionSerializer
    filterset_class = PolicyVersionFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-number": ("-number",),
        "number": ("number",),
    }

    def get_queryset(self) -> QuerySet[PolicyVersion]:
        """Return the versions of a policy that this person may see."""
        visible = policy_selectors.policies_visible_to(person(self.request))
        policy = get_object_or_404(visible, pk=self.kwargs["policy"])
        return PolicyVersion.objects.filter(policy=policy).select_related("queue")

"""Shows on a case's page how its decision is checked, to whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from moderation import quality_selectors
from moderation.models import CaseKind
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import Case

register = template.Library()

NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@register.inclusion_tag("moderation/components/quality_panel.html", takes_context=True)
def quality_panel(context: dict[str, Any], case: Case, user: User) -> dict[str, Any]:
    """Show known answer, second review and appeals of a case, as far as allowed."""
    is_lead = quality_selectors.is_lead(user)
    is_regular = case.kind == CaseKind.REGULAR
    is_decided = case.status == CaseStatus.DECIDED and is_regular
    may_keep = user.has_perm("moderation.add_goldenanswer") and is_decided
    return {
        "case": case,
        "golden": quality_selectors.golden_check_of(case, user),
        "review": quality_selectors.review_of(case) if is_lead else None,
        "appeals": list(quality_selectors.appeals_of(case))
        if is_regular and user.has_perm("moderation.view_appeal")
        else [],
        "may_appeal": is_lead and is_decided and user.has_perm("moderation.add_appeal"),
        "may_keep": may_keep and not quality_selectors.has_known_answer(case.image_id),
        "csrf_token": context.get("csrf_token"),
        "user": user,
    }


@register.filter
def share(value: float | None) -> str:
    """Write a share in whole percent; nothing of nothing."""
    return NOTHING if value is None else f"{value:.0%}"


@register.filter
def two_places(value: float | None) -> str:
    """Write a kappa as it is usually written."""
    return NOTHING if value is None else f"{value:.2f}".replace("-", MINUS)

"""Shows cases inside pages of apps that know nothing of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from moderation import selectors

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Image
    from moderation.models import Case

register = template.Library()


@register.inclusion_tag("moderation/components/case_panel.html", takes_context=True)
def case_panel(context: dict[str, Any], image: Image, user: User) -> dict[str, Any]:
    """Show the cases of an image, or offer to open one, to whoever may."""
    cases = selectors.cases_visible_to(user).filter(image=image).order_by("-opened_at")
    listed = list(cases.select_related("claimed_by"))
    return {
        "image": image,
        "cases": listed,
        "may_see": user.has_perm("moderation.view_case"),
        "may_open": user.has_perm("moderation.decide_case")
        and not any(case.outcome == "" for case in listed),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("moderation/components/case_state.html")
def case_state(case: Case) -> dict[str, Any]:
    """Show where a case stands as icon and word."""
    return {"case": case}

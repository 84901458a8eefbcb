"""What lists have around their rows: saved views, exports, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse

from moderation import list_selectors
from moderation.services.exports import EXPORT
from moderation.services.saved_views import SHARE
from moderation.views_of_lists import address_of

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.lists import ListForm
    from moderation.models import Case

register = template.Library()


@register.inclusion_tag("moderation/components/list_views.html", takes_context=True)
def list_views(
    context: dict[str, Any], list_name: str, form: ListForm, user: User
) -> dict[str, Any]:
    """Show the saved views of a list as a row of links, and ways to change them."""
    query = form.query
    views = [
        {
            "view": view,
            "address": address_of(list_name, view.query),
            "is_current": view.query == query,
            "is_own": view.owner_id == user.pk,
        }
        for view in list_selectors.saved_views_for(user, list_name)
    ]
    return {
        "list_name": list_name,
        "views": views,
        "query": query,
        "plain": address_of(list_name, ""),
        "is_plain": not query,
        "may_share": user.has_perm(SHARE),
        "may_open_with": list_name != "images",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("moderation/components/list_export.html", takes_context=True)
def list_export(
    context: dict[str, Any], list_name: str, form: ListForm, user: User
) -> dict[str, Any]:
    """Offer the list as CSV to whoever may take it."""
    return {
        "may_export": user.has_perm(EXPORT),
        "address": f"{reverse('moderation:export', args=[list_name])}?{form.query}",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("moderation/components/case_tags.html", takes_context=True)
def case_tags(context: dict[str, Any], case: Case, user: User) -> dict[str, Any]:
    """Show the tags on a case, and let whoever decides change them."""
    may_tag = user.has_perm("moderation.decide_case")
    return {
        "case": case,
        "tags": list_selectors.tags_of(case),
        "known_tags": list_selectors.tags_to_offer(user) if may_tag else [],
        "may_tag": may_tag,
        "csrf_token": context.get("csrf_token"),
    }

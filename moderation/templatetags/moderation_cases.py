"""Shows cases inside pages of apps that know nothing of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.models import BankPurpose
from moderation import flow_selectors, selectors
from moderation.audit_words import words_for
from moderation.known import known_images
from moderation.rule_words import because_of
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Analysis, Image
    from moderation.models import AuditEvent, Case

register = template.Library()
_TURNED = {
    "mirrored": _("mirrored"),
    "flipped": _("flipped"),
    "turned_90": _("turned by 90"),
    "turned_180": _("turned by 180"),
    "turned_270": _("turned by 270"),
    "transposed": _("transposed"),
    "transversed": _("transposed and turned by 180"),
}


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
        and not any(case.status in UNDECIDED for case in listed),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def because(case: Case) -> str:
    """Say why a case was opened."""
    return because_of(case)


@register.inclusion_tag("moderation/components/case_state.html")
def case_state(case: Case) -> dict[str, Any]:
    """Show where a case stands as icon and word."""
    return {"case": case}


@register.inclusion_tag("moderation/components/known_panel.html")
def known_panel(
    image: Image, analysis: Analysis | None, user: User, case: Case | None = None
) -> dict[str, Any]:
    """Show what is known of a picture from before."""
    # An empty string is what a template gives for what is not there.
    return {
        "image": image,
        "known": known_images(
            image=image, analysis=analysis or None, user=user, but=case or None
        ),
        "may_add": user.is_staff and user.has_perm("forensics.add_bankentry"),
        "may_see_cases": user.has_perm("moderation.view_case"),
        "user": user,
    }


@register.filter
def bank_line(match: Any) -> str:
    """Say in one line how a picture matched an entry of a bank."""
    found = match if isinstance(match, dict) else match.as_json()
    if found["method"] == "sha256":
        return gettext("the very file")
    turned = _TURNED.get(found["transform"], "")
    return gettext("looks alike%(turned)s: %(bits)d of 256 bits differ") % {
        "turned": f", {turned}" if turned else "",
        "bits": found["distance"],
    }


@register.filter
def bank_purpose(match: Any) -> str:
    """Name what a bank is for."""
    found = match if isinstance(match, dict) else match.as_json()
    return str(dict(BankPurpose.choices).get(found["purpose"], ""))


@register.simple_tag
def action_words(event: AuditEvent) -> str:
    """Say what a row of the record says that somebody did."""
    return words_for(event.action)


@register.simple_tag
def unread_notifications(user: User) -> int:
    """Count what this person has not read."""
    return flow_selectors.unread_count(user)


@register.inclusion_tag("moderation/components/undo.html", takes_context=True)
def undo_button(context: dict[str, Any], message: Any) -> dict[str, Any]:
    """Offer to take back the decision that a message speaks of, if it does."""
    tags = str(message.extra_tags or "")
    decision = tags.removeprefix("undo-") if tags.startswith("undo-") else ""
    return {"decision": decision, "csrf_token": context.get("csrf_token")}

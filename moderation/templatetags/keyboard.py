"""What every page tells its scripts about keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from moderation.keyboard_selectors import for_the_page

if TYPE_CHECKING:
    from django.template.context import Context

register = template.Library()


@register.inclusion_tag("components/keyboard.html", takes_context=True)
def keyboard(context: Context) -> dict[str, Any]:
    """Write the keys of who is signed in, the sheet and the palette."""
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return {}
    return {
        "keyboard": for_the_page(user),
        "pages": _pages(user),
        "csrf_token": context.get("csrf_token"),
    }


def _pages(user: Any) -> list[dict[str, str]]:
    """Return where the palette can lead this person."""
    pages = [
        (_("Review queue"), "moderation:queue", "moderation.view_case"),
        (_("Notifications"), "moderation:notifications", "moderation.view_case"),
        (_("Images"), "forensics:image-list", ""),
        (_("Upload images"), "forensics:upload", "forensics.add_image"),
        (_("Keyboard settings"), "settings-keyboard", ""),
    ]
    found = [
        {"words": words, "url": reverse(name)}
        for words, name, permission in pages
        if not permission or user.has_perm(permission)
    ]
    if user.is_staff:
        found.append({"words": _("Admin"), "url": reverse("admin:index")})
    return found

"""Shows cases on admin pages of apps that know nothing of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from moderation.selectors import cases_visible_to

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Image
    from moderation.models import Case

register = template.Library()


@register.simple_tag
def cases_of(image: Image, user: User) -> list[Case]:
    """Return the cases of an image that this person may see, newest first."""
    return list(cases_visible_to(user).filter(image=image).order_by("-opened_at"))

"""Writes shares and counts on the page of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from moderation import insight_wording

if TYPE_CHECKING:
    from moderation.statistics import Share

register = template.Library()


@register.filter
def share_words(share: Share) -> str:
    """Write a share in percent; a dash where nothing was counted."""
    if not share.total:
        return "\N{EN DASH}"
    return insight_wording.written_share(share.value)


@register.filter
def interval_words(share: Share) -> str:
    """Write a share with its interval and its number."""
    if not share.total:
        return "\N{EN DASH}"
    value, interval, count = insight_wording.share_cells(share)
    return f"{value} ({interval}; {count})"


@register.filter
def count_words(number: int) -> str:
    """Write a whole number."""
    return insight_wording.written_count(number)


@register.filter
def hundredths(share: Share) -> str:
    """Write a share as the length of a bar out of 100, for SVG."""
    return f"{share.value * 100:.1f}"

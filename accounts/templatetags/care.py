"""Puts a person's wishes about pictures into pages. Used by both faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from accounts import care

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()
NOTHING = mark_safe("")


@register.simple_tag(takes_context=True)
def veil_attributes(context: dict[str, Any]) -> SafeString:
    """Write ``data-veil="blur grayscale"``, or nothing, as this person wants it.

    Goes on the body, which covers every picture of the page, and on whatever shows a
    stranger's picture, so that it stays covered wherever it is put.
    """
    words = _veil(context).words
    return format_html('data-veil="{}"', words) if words else NOTHING


@register.simple_tag(takes_context=True)
def veil_classes(context: dict[str, Any]) -> str:
    """Write the same as classes, for a body that belongs to another package."""
    return " ".join(f"veil-{word}" for word in _veil(context).words.split())


@register.simple_tag(takes_context=True)
def is_blurred(context: dict[str, Any]) -> bool:
    """Return whether this person sees pictures blurred."""
    return _veil(context).blur


@register.inclusion_tag("components/reveal.html", takes_context=True)
def reveal_controls(context: dict[str, Any]) -> dict[str, Any]:
    """Offer to look behind the veil: held, or kept for this one picture."""
    return {"veil": _veil(context)}


@register.inclusion_tag("components/break_reminder.html", takes_context=True)
def break_reminder(context: dict[str, Any]) -> dict[str, Any]:
    """Bring along what the page's script shows when it is time for a break."""
    return {"minutes": care.break_minutes_of(_user(context))}


def _user(context: dict[str, Any]) -> Any:
    user = context.get("user")
    return user or getattr(context.get("request"), "user", None)


def _veil(context: dict[str, Any]) -> care.Veil:
    return care.veil_of(_user(context))

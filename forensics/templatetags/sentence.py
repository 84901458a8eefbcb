"""Fits words that also stand alone into a sentence."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def midsentence(words: object) -> str:
    """Write a label as it stands inside a sentence of the reader's language.

    English writes it small. German keeps the capitals of its nouns, so there
    a label stays as its translator wrote it.
    """
    text = str(words)
    return text.lower() if (get_language() or "en").startswith("en") else text

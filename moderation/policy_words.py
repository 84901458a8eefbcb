"""Conditions in plain words: what a form previews, a page shows and a case keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.wording import VERDICTS, analyzer_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_stubs_ext import StrOrPromise

    from moderation.rules import Condition

LABELS: Mapping[str, StrOrPromise] = {
    "verdict_in": _("Verdict is one of"),
    "score_at_least": _("Score is at least"),
    "score_at_most": _("Score is at most"),
    "code_any": _("Finding: any of these codes"),
    "code_none": _("Finding: none of these codes"),
    "signal_at_least": _("A check's score is at least"),
    "signal_at_most": _("A check's score is at most"),
    "tag_present": _("Metadata: the tag is there"),
    "tag_absent": _("Metadata: the tag is not there"),
    "tag_contains": _("Metadata: the tag contains"),
    "tag_equals": _("Metadata: the tag is exactly"),
    "door_in": _("Received through one of"),
    "sender_in": _("Sent by one of"),
    "sender_not_in": _("Sent by none of"),
    "sender_group_in": _("Sent by somebody in one of the groups"),
    "bank_in": _("Known from one of the banks"),
    "bank_purpose_in": _("Known from a bank of the purpose"),
    "format_in": _("Format is one of"),
    "pixels_at_least": _("Pixels: at least"),
    "pixels_at_most": _("Pixels: at most"),
    "bytes_at_least": _("File size in bytes: at least"),
    "bytes_at_most": _("File size in bytes: at most"),
}
_SENTENCES: Mapping[str, StrOrPromise] = {
    "verdict_in": _("the verdict is {value}"),
    "score_at_least": _("the score is at least {value}"),
    "score_at_most": _("the score is at most {value}"),
    "code_any": _("a check found {value}"),
    "code_none": _("no check found {value}"),
    "signal_at_least": _("the score of “{name}” is at least {value}"),
    "signal_at_most": _("the score of “{name}” is at most {value}"),
    "tag_present": _("the file has the tag {name}"),
    "tag_absent": _("the file does not have the tag {name}"),
    "tag_contains": _("the tag {name} contains “{value}”"),
    "tag_equals": _("the tag {name} is “{value}”"),
    "door_in": _("it came through {value}"),
    "sender_in": _("{value} sent it"),
    "sender_not_in": _("it was not sent by {value}"),
    "sender_group_in": _("somebody of the group {value} sent it"),
    "bank_in": _("it is known from the bank {value}"),
    "bank_purpose_in": _("it is known from a bank of the purpose {value}"),
    "format_in": _("the format is {value}"),
    "pixels_at_least": _("it has at least {value} pixels"),
    "pixels_at_most": _("it has at most {value} pixels"),
    "bytes_at_least": _("the file has at least {value} bytes"),
    "bytes_at_most": _("the file has at most {value} bytes"),
}
_WORDS: Mapping[str, StrOrPromise] = {
    "web": _("the dashboard"),
    "api": _("the API"),
    "admin": _("the admin"),
    "command": _("the command line"),
}


def conditions_in_words(conditions: Sequence[Condition]) -> str:
    """Return one sentence without its end: what must hold for an analysis."""
    if not conditions:
        return gettext("every analysis")
    return gettext(", and ").join(condition_in_words(one) for one in conditions)


def condition_in_words(condition: Condition) -> str:
    """Return one condition as part of a sentence."""
    name = condition.name
    if condition.kind.startswith("signal_"):
        name = str(analyzer_words(name).label)
    words = {"name": name, "value": _value(condition)}
    return str(_SENTENCES[condition.kind]).format_map(words)


def _value(condition: Condition) -> str:
    value = condition.value
    if isinstance(value, tuple):
        return gettext(" or ").join(word_of(condition.kind, word) for word in value)
    if isinstance(value, float):
        percent = f"{value * 100:.2f}".rstrip("0").rstrip(".")
        return f"{number_format(percent)} %"
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    return value or ""


def word_of(kind: str, word: str) -> str:
    """Return a word that can be chosen as people read it."""
    if kind == "verdict_in":
        return str(VERDICTS[word].label).lower() if word in VERDICTS else word
    return str(_WORDS.get(word, word)) if kind == "door_in" else word

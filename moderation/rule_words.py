"""Conditions and actions in plain words, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from moderation.rules import Condition, checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django_stubs_ext import StrOrPromise

    from moderation.rules.types import Value

# What each kind is called where one is chosen.
KIND_LABELS: Mapping[str, StrOrPromise] = {
    "verdict_in": _("Verdict is one of"),
    "score_at_least": _("Score at least"),
    "score_at_most": _("Score at most"),
    "code_any": _("Found any of these codes"),
    "code_none": _("Found none of these codes"),
    "signal_at_least": _("Score of a check at least"),
    "signal_at_most": _("Score of a check at most"),
    "tag_present": _("Metadata has the tag"),
    "tag_absent": _("Metadata lacks the tag"),
    "tag_contains": _("Metadata tag contains"),
    "tag_equals": _("Metadata tag equals"),
    "door_in": _("Came in through"),
    "sender_in": _("Sent by one of"),
    "sender_not_in": _("Sent by none of"),
    "sender_group_in": _("Sent by somebody in the group"),
    "bank_in": _("Known from one of the banks"),
    "bank_purpose_in": _("Known as"),
    "format_in": _("Format is one of"),
    "pixels_at_least": _("Pixels at least"),
    "pixels_at_most": _("Pixels at most"),
    "bytes_at_least": _("File size at least"),
    "bytes_at_most": _("File size at most"),
}
# Sentences in which a condition is told, as part of a longer one.
_SENTENCES: Mapping[str, StrOrPromise] = {
    "verdict_in": _("the verdict is %(value)s"),
    "score_at_least": _("the score is at least %(value)s"),
    "score_at_most": _("the score is at most %(value)s"),
    "code_any": _("the checks found %(value)s"),
    "code_none": _("the checks did not find %(value)s"),
    "signal_at_least": _("the check “%(name)s” scores at least %(value)s"),
    "signal_at_most": _("the check “%(name)s” scores at most %(value)s"),
    "tag_present": _("the metadata has the tag “%(name)s”"),
    "tag_absent": _("the metadata lacks the tag “%(name)s”"),
    "tag_contains": _("the metadata tag “%(name)s” contains “%(value)s”"),
    "tag_equals": _("the metadata tag “%(name)s” is “%(value)s”"),
    "door_in": _("the picture came in through %(value)s"),
    "sender_in": _("the picture was sent by %(value)s"),
    "sender_not_in": _("the picture was not sent by %(value)s"),
    "sender_group_in": _("the picture was sent by somebody in %(value)s"),
    "bank_in": _("the picture is known from the bank %(value)s"),
    "bank_purpose_in": _("the picture is known as %(value)s"),
    "format_in": _("the format is %(value)s"),
    "pixels_at_least": _("the picture has at least %(value)s pixels"),
    "pixels_at_most": _("the picture has at most %(value)s pixels"),
    "bytes_at_least": _("the file has at least %(value)s"),
    "bytes_at_most": _("the file has at most %(value)s"),
}
# The words that can be chosen, in the reader's language.
CHOICE_LABELS: Mapping[str, Mapping[str, StrOrPromise]] = {
    "verdict_in": {
        "authentic": _("authentic"),
        "inconclusive": _("inconclusive"),
        "suspicious": _("suspicious"),
        "fake": _("fake"),
    },
    "door_in": {
        "web": _("the dashboard"),
        "api": _("the API"),
        "admin": _("the admin"),
        "command": _("the command line"),
    },
    "bank_purpose_in": {
        "fake": _("a known fake"),
        "authentic": _("known to be authentic"),
        "custom": _("a picture of a bank of one's own"),
    },
}


def sentence(conditions: Iterable[Condition]) -> str:
    """Tell all conditions in one sentence, ``The verdict is fake, and ...``."""
    told = [told_of(condition) for condition in conditions]
    if not told:
        return gettext("Every analysis.")
    return capfirst(gettext(", and ").join(told)) + "."


def sentence_of_stored(stored: object) -> str:
    """Tell conditions as they are stored; they were checked before."""
    return sentence(checked(stored))


def told_of(condition: Condition) -> str:
    """Tell one condition, without a capital or a stop."""
    words = {"name": condition.name, "value": _value(condition)}
    return str(_SENTENCES[condition.kind]) % words


def word_of(kind: str, word: str) -> str:
    """Return a word that can be chosen as people read it."""
    return str(CHOICE_LABELS.get(kind, {}).get(word, word))


def listed(words: Sequence[str]) -> str:
    """Join words, ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    joined = gettext(", ").join(words[:-1])
    return pgettext("the last of a list", "%(words)s or %(last)s") % {
        "words": joined,
        "last": words[-1],
    }


def action_words(
    action: str, *, queue: str = "", priority: str = "", needs_approval: bool = False
) -> str:
    """Tell what a policy does."""
    if action in {"clear", "mark_fake"}:
        return _automatic(action, needs_approval=needs_approval)
    where = (
        gettext("in the queue “%(queue)s”") % {"queue": queue}
        if queue
        else gettext("in the queue that the routing rules choose")
    )
    told = (
        gettext("Opens a case on hold %(where)s, priority %(priority)s.")
        if action == "hold"
        else gettext("Opens a case %(where)s, priority %(priority)s.")
    )
    return told % {"where": where, "priority": priority.lower()}


def how_many_cases(count: int) -> str:
    """Count cases."""
    return ngettext("%(count)s case", "%(count)s cases", count) % {
        "count": number_format(count)
    }


def _automatic(action: str, *, needs_approval: bool) -> str:
    if needs_approval:
        return (
            gettext("Opens a case and proposes “authentic”; a person approves it.")
            if action == "clear"
            else gettext("Opens a case and proposes “fake”; a person approves it.")
        )
    return (
        gettext("Decides “authentic” at once, without a person.")
        if action == "clear"
        else gettext("Decides “fake” at once, without a person.")
    )


def _value(condition: Condition) -> str:
    value: Value = condition.value
    if isinstance(value, tuple):
        return listed([word_of(condition.kind, word) for word in value])
    if isinstance(value, float):
        return gettext("%(number)s %%") % {"number": _percent(value)}
    if isinstance(value, int):
        if condition.kind.startswith("bytes"):
            return str(filesizeformat(value))
        return str(number_format(value, use_l10n=True, force_grouping=True))
    return value or ""


def _percent(share: float) -> str:
    shown = f"{share * 100:.1f}".removesuffix(".0")
    return str(number_format(shown))

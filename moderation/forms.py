"""What may be asked of the queue, and the decision as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forensics.language import retold
from moderation.models import MAX_NOTE, DecisionReason, Outcome
from moderation.policies import REASONS_FOR, problem_with_decision


class DecisionForm(forms.Form):
    """An outcome, a reason that fits it, and a note; each outcome has its reasons.

    ``analysis`` is the one whose evidence the page showed; the template writes it
    from the case, so that a page shown again after a conflict names the newer one.
    """

    analysis = forms.UUIDField(required=False)
    outcome = forms.ChoiceField(
        choices=Outcome.choices,
        error_messages={"required": _("Choose what you decide.")},
    )
    note = forms.CharField(
        required=False,
        max_length=MAX_NOTE,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for outcome, reasons in REASONS_FOR.items():
            self.fields[f"reason_{outcome}"] = forms.ChoiceField(
                required=False,
                choices=[(reason, DecisionReason(reason).label) for reason in reasons],
            )

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Return each outcome with its field of reasons, for the template."""
        return [
            {
                "outcome": Outcome(outcome),
                "field": self[f"reason_{outcome}"],
                "is_chosen": self["outcome"].value() == outcome,
            }
            for outcome in REASONS_FOR
        ]

    def clean(self) -> dict[str, Any]:
        """Pick the reason that belongs to the outcome and check the whole."""
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if not outcome or self.errors:
            return cleaned
        cleaned["reason"] = cleaned.get(f"reason_{outcome}", "")
        if not cleaned["reason"]:
            self.add_error(f"reason_{outcome}", _("Choose a reason."))
            return cleaned
        problem = problem_with_decision(
            outcome=outcome,
            reason=cleaned["reason"],
            note=cleaned.get("note", ""),
            max_note=MAX_NOTE,
        )
        if problem:
            self.add_error("note", retold(problem))
        return cleaned


class OpenForm(forms.Form):
    """Why a picture is sent to review by hand."""

    because = forms.CharField(required=False, max_length=255)


class ReopenForm(forms.Form):
    """Why a decision is withdrawn."""

    because = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the case is reopened.")},
    )

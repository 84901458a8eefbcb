"""The page of figures: how much, how long, how right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation import insight
from moderation.insight_selectors import RANKED, SAMPLE, is_sampled
from moderation.insight_wording import written_wait
from moderation.models import Queue
from moderation.policy_selectors import queues_visible_to

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest

SPANS = (7, 30, 90, 365)
DEFAULT_SPAN = 30


class InsightForm(forms.Form):
    """Period and queue; they live in the address."""

    days = forms.TypedChoiceField(
        label=_("Period"), required=False, coerce=int, empty_value=None
    )
    queue = forms.ModelChoiceField(
        label=_("Queue"),
        queryset=Queue.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("All queues"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue: Any = self.fields["queue"]
        queue.queryset = queues_visible_to(user).order_by("position", "name")
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (days, ngettext("Last %(n)s day", "Last %(n)s days", days) % {"n": days})
            for days in SPANS
        ]


@login_required
@permission_required("moderation.view_insight", raise_exception=True)
@never_cache
@require_safe
def insight_page(request: AuthenticatedRequest) -> HttpResponse:
    """Show the figures of a period; what was asked wrongly is as not asked."""
    asked = {"days": DEFAULT_SPAN} | request.GET.dict()
    form = InsightForm(asked, user=request.user)
    form.is_valid()
    queue = form.cleaned_data.get("queue")
    days = form.cleaned_data.get("days") or DEFAULT_SPAN
    period = insight.period_of(
        days,
        queue=queue.pk if queue else None,
        organization=request.user.organization_id,
    )
    counts = insight.counts_of(period)
    reliability, clear = insight.reliability_plot(counts)
    alarms, missed = insight.mistakes(counts)
    context = {
        "form": form,
        "days": days,
        "queue": queue,
        "counts": counts,
        "oldest_wait": written_wait(counts.at - counts.oldest.opened_at)
        if counts.oldest
        else "",
        "volume": insight.volume(period, counts),
        "waiting": insight.waiting_plots(period, counts),
        "verdicts": insight.verdict_mix(counts, period),
        "outcomes": insight.outcome_mix(counts),
        "reliability": reliability,
        "clear": clear,
        "agreement": insight.agreement_plots(period, counts),
        "signals": insight.signals_of(counts),
        "sample": SAMPLE,
        "ranked": RANKED,
        "is_sampled": is_sampled(sum(n["count"] for n in counts.decided)),
        "alarms": alarms,
        "missed": missed,
    }
    return render(request, "moderation/insight.html", context)

"""Template tags that every page of the dashboard uses."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html

from forensics import selectors, viewer, wording
from forensics.analysis.fusion import BANDS
from forensics.analysis.types import Verdict
from forensics.language import retold
from forensics.presentation import submissions_shown_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

    from accounts.models import User
    from forensics.models import Image
    from forensics.presentation import EvidencePage

register = template.Library()

_WIDTH = 100
_BOUNDS = ("inconclusive", "suspicious", "fake")


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw an icon of the vendored set. Decorative: the word stands beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        css_class,
        static("vendor/lucide/icons.svg"),
        name,
    )


@register.simple_tag
def viewer_facts(image: Image, evidence: EvidencePage) -> dict[str, Any]:
    """Return what the evidence viewer is told, and the same ``as_json``."""
    facts = viewer.viewer_facts(image, evidence)
    return facts | {"as_json": json.dumps(facts)}


@register.filter
def percent(score: float | None) -> str:
    """Write a score as it is shown, or nothing."""
    return "" if score is None else wording.percent(score)


@register.filter(name="retold")
def in_the_readers_words(text: str) -> str:
    """Say what an analysis has said in the reader's language."""
    return retold(text)


@register.filter
def words(code: str) -> str:
    """Write a stable code as words."""
    return code.replace("_", " ")


@register.filter
def overlay_label(kind: str) -> str:
    """Name an evidence picture on the stage's controls."""
    return wording.overlay_label(kind)


@register.filter
def shown_to(image: Image, user: User) -> str:
    """Return the newest file name of an image that this person may know."""
    shown = submissions_shown_to(user, image.submissions.all())
    return str(shown[0]) if shown else "(no name)"


@register.inclusion_tag("components/verdict.html")
def verdict(code: str, score: float | None = None) -> dict[str, Any]:
    """Show a verdict as icon and word with its score."""
    return {"code": code, "words": wording.verdict_words(code), "score": score}


@register.inclusion_tag("components/state.html")
def analysis_state(status: str) -> dict[str, Any]:
    """Show how an analysis stands as icon and word."""
    return {"code": status, "words": wording.ANALYSIS_STATES[status]}


@register.inclusion_tag("components/score_scale.html")
def score_scale(
    score: float, bounds: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Draw where a score lies between the bands in which it was judged."""
    known = bounds or asdict(BANDS)
    edges = [round(known[name] * _WIDTH) for name in _BOUNDS]
    starts, ends = [0, *edges], [*edges, _WIDTH]
    bands = [
        {"code": band.value, "x": start, "width": end - start}
        for band, start, end in zip(Verdict, starts, ends, strict=True)
    ]
    return {"bands": bands, "marker": round(score * _WIDTH), "score": score}


@register.inclusion_tag("components/research_only.html")
def research_only(terms: str = "") -> dict[str, Any]:
    """Mark weights that only research may use, and say what that means."""
    return {"words": wording.RESEARCH_ONLY, "terms": terms}


@register.inclusion_tag("components/worker_notice.html", takes_context=True)
def worker_notice(context: dict[str, Any]) -> dict[str, Any]:
    """Warn when nobody analyzes; say how many analyses wait."""
    return {
        "is_alive": selectors.worker_is_alive(),
        "waiting": selectors.pending_count(context["user"]),
    }


@register.simple_tag
def verdict_legend() -> list[tuple[str, wording.Words]]:
    """Return all verdicts with what they mean."""
    return [(code, words) for code, words in wording.VERDICTS.items()]

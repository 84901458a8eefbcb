"""Evidence as HTML for admin pages. Every value is a stranger's and is escaped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from forensics.language import retold
from forensics.wording import RESEARCH_ONLY, measured_words, percent, verdict_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.utils.safestring import SafeString

    from forensics.models import Analysis, EvidenceFile

NOTHING = "\N{EM DASH}"


def thumbnail(files: Sequence[EvidenceFile]) -> SafeString | str:
    """Show the first of the files small."""
    return picture(files[0], "pw-thumbnail") if files else NOTHING


def pictures(files: Iterable[EvidenceFile]) -> SafeString | str:
    """Show evidence files with their captions, the preview first."""
    chosen = [file for file in files if file.kind != "thumbnail"]
    chosen.sort(key=lambda file: (file.kind != "preview", file.kind))
    shown = format_html_join(
        "",
        "<figure class='pw-figure'>{}<figcaption>{}</figcaption></figure>",
        ((picture(f, "pw-picture"), retold(f.caption) or f.kind) for f in chosen),
    )
    return shown or NOTHING


def picture(file: EvidenceFile, css_class: str) -> SafeString:
    """Show one evidence file, through the view that checks permissions."""
    return render_to_string(
        "components/picture.html", {"file": file, "css_class": css_class}
    )


def verdict(analysis: Analysis | None) -> SafeString | str:
    """Show the band with its score; a score never stands alone."""
    if analysis is None or not analysis.verdict or analysis.score is None:
        return NOTHING
    return band(analysis.verdict, analysis.score)


def band(code: str, score: float | None) -> SafeString | str:
    """Show a band, with its score where there is one."""
    if not code:
        return NOTHING
    return format_html(
        '<span class="pw-verdict pw-{}">{}</span> {}',
        code,
        verdict_words(code).label,
        "" if score is None else percent(score),
    )


def uncertainty(stored: Mapping[str, Any]) -> SafeString | str:
    """Say what a score is worth, then the scores at which the bands begin."""
    lines = measured_words(stored)
    # Databases keep an object's entries in an order of their own.
    bands = sorted((stored.get("bands") or {}).items(), key=lambda band: band[1])
    if bands:
        starts = ", ".join(f"{name} {start:.1%}" for name, start in bands)
        lines.append(gettext("Bands begin at: %(starts)s.") % {"starts": starts})
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('<ul class="pw-list">{}</ul>', items) if items else NOTHING


def reasons(analysis: Analysis | None) -> SafeString | str:
    """List the reasons in words, the strongest first as the analysis has them."""
    rows = analysis.reasons if analysis else []
    items = format_html_join(
        "",
        "<li>{} <small>({}, {})</small></li>",
        (
            (
                retold(str(row.get("text", ""))),
                row.get("code", ""),
                f"{row.get('weight', 0):+.2f}",
            )
            for row in rows
        ),
    )
    return format_html('<ul class="pw-list">{}</ul>', items) if items else NOTHING


def findings(analysis: Analysis | None) -> SafeString | str:
    """List what each analyzer said, in the pipeline's order."""
    rows = analysis.findings.all() if analysis else []
    items = format_html_join(
        "",
        '<li><a href="{}">{}</a> ({}): {}</li>',
        (
            (
                reverse("admin:forensics_finding_change", args=[row.pk]),
                row.analyzer,
                row.get_status_display(),
                retold(row.summary),
            )
            for row in rows
        ),
    )
    return format_html('<ul class="pw-list">{}</ul>', items) if items else NOTHING


def models(used: Sequence[Mapping[str, Any]]) -> SafeString | str:
    """List the weights that took part, with a mark on those for research only."""
    items = format_html_join(
        "",
        "<li>{} {} ({}){}<br><small>{}</small><br><code>{}</code></li>",
        (
            (
                model.get("name", ""),
                model.get("version", ""),
                model.get("engine", ""),
                _mark() if model.get("research_only") else "",
                model.get("terms", ""),
                model.get("sha256", ""),
            )
            for model in used
        ),
    )
    return format_html('<ul class="pw-list">{}</ul>', items) if items else NOTHING


def _mark() -> SafeString:
    return format_html(
        '<details><summary><strong class="pw-mark">{}</strong></summary>{}</details>',
        RESEARCH_ONLY.label,
        RESEARCH_ONLY.meaning,
    )


def as_json(data: Any) -> SafeString | str:
    """Show stored data as it is."""
    if not data:
        return NOTHING
    text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True)
    return format_html('<pre class="pw-data" tabindex="0">{}</pre>', text)

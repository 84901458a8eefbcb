"""What answers about images can be expanded by, inside this app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from forensics import selectors
from forensics.api.beside import beside_images, human_decisions
from forensics.api.serializers import (
    AnalysisSerializer,
    AnalysisSummarySerializer,
    ImageSerializer,
)
from forensics.api.shaping import Expansion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from forensics.models import Analysis, Image

KeyOf = Callable[[Any], "UUID | None"]


def of_images(user: User, images: Sequence[Image]) -> Mapping[str, Any]:
    """Return what stands beside these images: decisions, and how they arrived."""
    return beside_images(user, [image.pk for image in images])


def decisions_beside_analyses(
    user: User, analyses: Sequence[Analysis]
) -> Mapping[str, Any]:
    """Return what people decided about the images of these analyses."""
    about = {analysis.image_id for analysis in analyses}
    return {"decisions": human_decisions(user, about)}


def image_by(key: KeyOf) -> Expansion:
    """Return the expansion to the image whose id ``key`` reads from a row."""

    def load(user: User, rows: Sequence[Any], _: object) -> Mapping[Any, Any]:
        wanted = {row.pk: key(row) for row in rows}
        keys = {one for one in wanted.values() if one is not None}
        visible = selectors.images_visible_to(user).filter(pk__in=keys)
        found = selectors.with_newest_result(visible).in_bulk()
        return by_row(wanted, found)

    return Expansion(
        load=load,
        whole=ImageSerializer,
        short=ImageSerializer,
        help="the image",
        beside=of_images,
    )


def analysis_by(key: KeyOf, *, with_evidence: bool = True) -> Expansion:
    """Return the expansion to the analysis whose id ``key`` reads from a row.

    ``with_evidence`` says that details show it in whole: only where each such detail is
    put on record as a view of its image (``moderation.evidence_pages``).
    """

    def load(user: User, rows: Sequence[Any], is_list: Any) -> Mapping[Any, Any]:
        wanted = {row.pk: key(row) for row in rows}
        keys = {one for one in wanted.values() if one is not None}
        visible = selectors.analyses_visible_to(user).filter(pk__in=keys)
        is_whole = with_evidence and not is_list
        shaped = selectors.with_evidence if is_whole else selectors.as_summaries
        return by_row(wanted, shaped(visible).in_bulk())

    return Expansion(
        load=load,
        whole=AnalysisSerializer if with_evidence else AnalysisSummarySerializer,
        short=AnalysisSummarySerializer,
        help="the analysis, on a detail with its evidence"
        if with_evidence
        else "the analysis as lists show it",
        beside=decisions_beside_analyses,
    )


def by_row(wanted: Mapping[Any, Any], found: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the found objects by the rows that want them."""
    return {row: found[key] for row, key in wanted.items() if key in found}


OF_IMAGE: Mapping[str, Expansion] = {
    "analysis": analysis_by(lambda row: row.current_analysis_id)
}
OF_ANALYSIS: Mapping[str, Expansion] = {"image": image_by(lambda row: row.image_id)}
OF_ANALYSIS_PART: Mapping[str, Expansion] = {
    "analysis": analysis_by(lambda row: row.analysis_id, with_evidence=False)
}

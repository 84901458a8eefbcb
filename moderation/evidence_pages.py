"""Which pages and files show evidence, by the names of their addresses.

Whoever adds a page that shows a picture, or what was found in it, adds it here:
``config.viewing`` puts each view of these on record, and refuses what it cannot record.
Lists and thumbnails are no views of evidence, nor are the tiles of a picture that is on
record already.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping


class Subject(Enum):
    """What the id in an address is the id of."""

    IMAGE = "image"
    ANALYSIS = "analysis"
    EVIDENCE = "evidence"
    FINDING = "finding"
    CASE = "case"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view shows; ``what`` is what the record says, ``key`` where the id is."""

    what: str
    subject: Subject
    key: str


# What the record says, in words for people.
WORDS = {
    "image_page": _("the page of the image"),
    "first_bytes": _("the first bytes of the file"),
    "original": _("the original file"),
    "evidence_file": _("an evidence picture"),
    "case_page": _("the page of the case"),
    "report": _("the evidence report"),
    "api_image": _("the image, by the API"),
    "api_analysis": _("the analysis, by the API"),
    "api_evidence": _("an evidence picture's data, by the API"),
    "api_case": _("the case, by the API"),
    "admin_image": _("the image, in the admin"),
    "admin_analysis": _("the analysis, in the admin"),
    "admin_finding": _("a finding, in the admin"),
    "admin_case": _("the case, in the admin"),
    "admin_decision": _("a decision, in the admin"),
}
SHOWN: Mapping[str, Shown] = {
    "forensics:image-detail": Shown("image_page", Subject.IMAGE, "image_id"),
    "forensics:image-head": Shown("first_bytes", Subject.IMAGE, "image_id"),
    "forensics:original": Shown("original", Subject.IMAGE, "image_id"),
    "forensics:evidence": Shown("evidence_file", Subject.EVIDENCE, "evidence_id"),
    "moderation:case": Shown("case_page", Subject.CASE, "case_id"),
    "moderation:report-json": Shown("report", Subject.ANALYSIS, "analysis_id"),
    "moderation:report-pdf": Shown("report", Subject.ANALYSIS, "analysis_id"),
    "api:image-detail": Shown("api_image", Subject.IMAGE, "pk"),
    "api:image-original": Shown("original", Subject.IMAGE, "pk"),
    "api:analysis-detail": Shown("api_analysis", Subject.ANALYSIS, "pk"),
    "api:analysis-mask": Shown("evidence_file", Subject.ANALYSIS, "pk"),
    "api:signal-detail": Shown("api_analysis", Subject.FINDING, "pk"),
    "api:evidence-detail": Shown("api_evidence", Subject.EVIDENCE, "pk"),
    "api:evidence-content": Shown("evidence_file", Subject.EVIDENCE, "pk"),
    "api:case-detail": Shown("api_case", Subject.CASE, "pk"),
    "api:report-detail": Shown("report", Subject.ANALYSIS, "pk"),
    "api:report-pdf": Shown("report", Subject.ANALYSIS, "pk"),
    "admin:forensics_image_change": Shown("admin_image", Subject.IMAGE, "object_id"),
    "admin:forensics_analysis_change": Shown(
        "admin_analysis", Subject.ANALYSIS, "object_id"
    ),
    "admin:forensics_finding_change": Shown(
        "admin_finding", Subject.FINDING, "object_id"
    ),
    "admin:moderation_case_change": Shown("admin_case", Subject.CASE, "object_id"),
    "admin:moderation_case_decide": Shown("admin_case", Subject.CASE, "case_id"),
    "admin:moderation_decision_change": Shown(
        "admin_decision", Subject.DECISION, "object_id"
    ),
}

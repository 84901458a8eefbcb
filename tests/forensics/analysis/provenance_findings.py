"""What Content Credentials that the tests made come to."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.provenance import ProvenanceAnalyzer, parse_trust_list
from forensics.analysis.types import Limits
from tests.credentials import identity
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from forensics.analysis.types import Finding

PICTURE = photo_like(3, (400, 300))


@cache
def analyzer(*, has_list: bool = True) -> ProvenanceAnalyzer:
    trust = parse_trust_list(identity().root) if has_list else None
    return ProvenanceAnalyzer.with_trust(trust)


@cache
def plain() -> bytes:
    return jpeg(PICTURE)


def evidence_of(data: bytes) -> ImageEvidence:
    return load_evidence(data, Limits())


def analyze(data: bytes, *, has_list: bool = True) -> Finding:
    return analyzer(has_list=has_list).analyze(evidence_of(data))


def two(finding: Finding) -> tuple[object, object]:
    return finding.data["integrity"], finding.data["trust"]


def node(finding: Finding) -> dict[str, Any]:
    tree = finding.data["tree"]
    assert isinstance(tree, dict)
    return tree

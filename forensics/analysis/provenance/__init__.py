"""The provenance signal: Content Credentials (C2PA), validated without a network."""

from forensics.analysis.provenance.analyzer import ProvenanceAnalyzer
from forensics.analysis.provenance.trust import (
    TrustList,
    TrustListError,
    parse_trust_list,
)

__all__ = ["ProvenanceAnalyzer", "TrustList", "TrustListError", "parse_trust_list"]

"""A camera's own noise pattern (PRNU): estimated from its pictures, and compared.

No part of the pipeline: it needs several pictures of one camera.
"""

from forensics.analysis.prnu.comparison import (
    MATCH_PCE,
    Comparison,
    compare,
)
from forensics.analysis.prnu.fingerprint import (
    FEWEST_PICTURES,
    MOST_PICTURES,
    Fingerprint,
    FingerprintEstimator,
)
from forensics.analysis.prnu.storage import FingerprintError, dump, load

__all__ = [
    "FEWEST_PICTURES",
    "MATCH_PCE",
    "MOST_PICTURES",
    "Comparison",
    "Fingerprint",
    "FingerprintError",
    "FingerprintEstimator",
    "compare",
    "dump",
    "load",
]

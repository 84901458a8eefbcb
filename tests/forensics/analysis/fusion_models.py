"""Calibrations for tests, as documents and in a store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from forensics.analysis.fusion_model import FusionModel, parse_fusion

if TYPE_CHECKING:
    from pathlib import Path


def line(version: str = "1", reach: float = 4.0) -> dict[str, Any]:
    """A signal that counts as it says, fitted to findings of one version."""
    ends = [-reach, reach]
    shape = {"raw": ends, "log_odds": ends, "weight": 1.0, "offset": 0.0}
    return shape | {"version": version}


def document(**changes: Any) -> dict[str, Any]:
    """A calibration whose localizer and copy-move count as they say, -4 to +4."""
    shares = [round(1 - step / 100, 2) for step in range(1, 100)]
    values: dict[str, Any] = {
        "schema_version": 1,
        "kind": "fusion",
        "name": "fusion",
        "version": "1.0.0",
        "training": {"research_only": True, "terms": "research only"},
        "signals": {"localizer": line(), "copy_move": line()},
        "bands": {"inconclusive": 0.1, "suspicious": 0.8, "fake": 0.95},
        "floor": -2.0,
        "ceiling": 12.0,
        "least_quality": 50,
        "untouched": {
            "pictures": 200,
            "shares": shares,
            "uppers": [min(1.0, share + 0.02) for share in shares],
        },
    }
    return values | changes


def model(**changes: Any) -> FusionModel:
    return parse_fusion(json.dumps(document(**changes)).encode(), where="test")


def write(store: Path, **changes: Any) -> Path:
    folder = store / "fusion" / "1.0.0"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "manifest.json"
    path.write_text(json.dumps(document(**changes)))
    return path

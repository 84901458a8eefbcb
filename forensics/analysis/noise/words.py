"""What a moderator reads of a picture's noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.deviation_map import Place

CAPTION: Final = (
    "Orange: more fine grain than similar places of the picture have; blue: less. "
    "Places of one kind should look alike. Added noise and sharpening look orange, "
    "smoothing looks blue. So do sharp and blurred things of an honest scene."
)
_LIMITS: Final = (
    "Fabric, foliage, lettering and out-of-focus ground can differ in the same way: "
    "look at what lies there."
)
_QUIET: Final = (
    "No place has clearly more or less fine grain than similar places of the picture. "
    "An edit that keeps the noise, or strong compression, leaves nothing to see."
)


def summary_of(places: Sequence[Place]) -> str:
    """Say in words what stands out, and what else looks like it."""
    above = [place.value for place in places if place.value > 0.0]
    below = [-place.value for place in places if place.value < 0.0]
    words = []
    if above:
        words.append(
            f"A place has at least {_factor(max(above))} times as much fine grain as "
            "similar places of the picture, as added noise or sharpening would leave."
        )
    if below:
        words.append(
            f"A place has at least {_factor(max(below))} times less fine grain than "
            "similar places of the picture, as smoothing or a part from elsewhere "
            "would leave."
        )
    return " ".join([*words, _LIMITS]) if words else _QUIET


def _factor(nats: float) -> str:
    return f"{math.exp(nats / 2.0):.1f}"

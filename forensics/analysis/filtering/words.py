"""What a moderator reads of traces of smoothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.deviation_map import Place

CAPTION: Final = (
    "Blue: less fine detail than similar places of the picture have, as a blur, a "
    "median filter or a retouching brush leaves; orange: more. A ground out of focus, "
    "haze and moving things look blue in honest pictures, too."
)
_LIMITS: Final = (
    "Focus, haze and motion do the same in honest pictures: see whether the border of "
    "the place follows a thing in the scene."
)
_QUIET: Final = (
    "No place is clearly smoother than similar places of the picture. A light blur, "
    "or one that a later saving has covered, does not show."
)
_STREAKS: Final = (
    "Neighbouring pixels of the whole picture are equal unusually often, as a median "
    "or similar filter leaves them. Noise reduction does this: by itself it means "
    "nothing."
)


def summary_of(
    places: Sequence[Place], *, has_streaks: bool, has_local_streaks: bool
) -> str:
    """Say in words what lacks detail, and what else looks like it."""
    words = []
    if places:
        left = math.exp(min(place.value for place in places) / 2.0)
        words.append(
            f"A place has at most {100.0 * left:.0f} % of the fine detail that similar "
            "places of the picture have, as blurring or retouching would leave."
        )
        if has_local_streaks and not has_streaks:
            words.append(
                "Neighbouring pixels are equal unusually often there, as a median "
                "filter leaves them, and not elsewhere."
            )
        words.append(_LIMITS)
    else:
        words.append(_QUIET)
    if has_streaks:
        words.append(_STREAKS)
    return " ".join(words)

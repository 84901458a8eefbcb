"""What a moderator reads of traces of scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.deviation_map import Place
    from forensics.analysis.resampling.whole import Spectrum

CAPTION: Final = (
    "Orange: places with a rhythm of scaling that the rest of the picture does not "
    "have, as a part that was enlarged, reduced or turned before it was pasted. "
    "Fabric, grids, screens and brickwork can have such a rhythm of their own."
)
SPECTRUM: Final = (
    "How regularly neighbouring pixels depend on each other, from 0 to half a cycle a "
    "pixel. Marked peaks are a rhythm of scaling. Gray lines: multiples of 1/8, which "
    "JPEG makes itself and which do not count."
)
_SCALED: Final = (
    "Scaling of the whole picture is usual and no sign of forgery: web sites, "
    "messengers and cameras do it."
)
_LIMITS: Final = (
    "Fabric, grids, screens and brickwork can have a rhythm of their own, and in a "
    "picture that was made smaller as a whole, a single part may show it: look at what "
    "lies there."
)
_NO_RHYTHM: Final = "The picture as a whole shows no rhythm of scaling."
_PARTLY: Final = (
    "The picture shows a rhythm of scaling, but not everywhere that it could."
)
_NOT_COMPARED: Final = (
    "Its rhythm and overtones cover those that a part could have: places cannot be "
    "compared."
)
_NO_PLACE: Final = (
    "No place has a rhythm of its own; compression and strong reduction wipe it out, "
    "so that this proves nothing."
)


def summary_of(spectrum: Spectrum, places: Sequence[Place], *, is_whole: bool) -> str:
    """Say in words what was scaled, and that scaling alone is honest."""
    if is_whole:
        return " ".join([*_whole(spectrum), _NOT_COMPARED])
    first = _PARTLY if spectrum.peaks else _NO_RHYTHM
    return " ".join([first, *_places(places)])


def _whole(spectrum: Spectrum) -> list[str]:
    if not spectrum.factors:
        return [f"The picture as a whole shows the rhythm of scaling. {_SCALED}"]
    tried = [f"{factor:.2f}" for factor in spectrum.factors]
    factors = tried[0] if len(tried) == 1 else f"{', '.join(tried[:-1])} or {tried[-1]}"
    return [
        "The picture as a whole shows the rhythm of scaling, by a factor of about "
        f"{factors}, as far as it tells. {_SCALED}"
    ]


def _places(places: Sequence[Place]) -> list[str]:
    if not places:
        return [_NO_PLACE]
    return [
        "A place has a rhythm of scaling that the rest does not have, as a part would "
        f"that was scaled or turned before it was pasted. {_LIMITS}"
    ]

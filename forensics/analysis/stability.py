"""How far a verdict would move if the picture had been saved a little differently."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from forensics.analysis.fusion import Fusion, log_odds_of, verdict_of
from forensics.analysis.types import Reason, Stability, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Log-odds to either side of a threshold within which copies are made and analyzed.
MARGIN = 0.5
# The history of a file cannot survive a new encoding, and does not have to: only
# signals that should are computed again.
REPEATED = ("localizer", "copy_move", "cnn")
# All copies up to the first, only the recompressed one up to the second, then none:
# they may not take longer than the analysis itself has leave to.
_ALL_PIXELS, _MOST_PIXELS = 4_000_000, 16_000_000
_CROP = (3, 5)
_LONGEST_SIDE = 65_500
# Visibly below: scores are shown and stored rounded.
_BELOW = 1e-3


@dataclass(frozen=True, slots=True)
class Variant:
    """A mildly altered copy of a picture, as a JPEG file."""

    name: str
    data: bytes = field(repr=False)


def is_near_threshold(fused: Fusion) -> bool:
    """Tell whether mild changes could move the verdict to another band.

    Silence of all signals ends just above the bound to *authentic*, where most
    pictures lie: of *inconclusive* ones only the bound to *suspicious* counts.
    """
    if fused.is_settled or not repeated(fused):
        return False
    bands = fused.bands
    bounds: tuple[float, ...] = (bands.inconclusive, bands.suspicious, bands.fake)
    if fused.verdict is Verdict.INCONCLUSIVE:
        bounds = (bands.suspicious,)
    return any(abs(fused.log_odds - log_odds_of(bound)) <= MARGIN for bound in bounds)


def repeated(fused: Fusion) -> frozenset[str]:
    """Return the analyzers to ask of copies: those of `REPEATED` that had a say."""
    return frozenset(r.code for r in fused.reasons).intersection(REPEATED)


def variants(pixels: Image.Image) -> Iterator[Variant]:
    """Make the copies one after the other; fewer of large pictures.

    Parameters
    ----------
    pixels : PIL.Image.Image
        Mode RGB.

    Yields
    ------
    Variant
        Saved at quality 85; resized by 0.9 and saved at 90; cropped off the JPEG
        grid by 3 columns and 5 rows and saved at 95. Over 4 megapixels only the
        first, over 16 none.
    """
    size = pixels.width * pixels.height
    if size > _MOST_PIXELS or max(pixels.size) > _LONGEST_SIDE:
        return
    yield Variant("quality_85", _jpeg(pixels, 85))
    if size > _ALL_PIXELS:
        return
    smaller = (math.ceil(pixels.width * 0.9), math.ceil(pixels.height * 0.9))
    resized = pixels.resize(smaller, Image.Resampling.LANCZOS)
    yield Variant("resized_0.9_quality_90", _jpeg(resized, 90))
    box = (*_CROP, pixels.width, pixels.height)
    yield Variant("shifted_quality_95", _jpeg(pixels.crop(box), 95))


def settle(
    fused: Fusion, pixels: Image.Image, score_of: Callable[[bytes], float | None]
) -> tuple[Fusion, Stability | None]:
    """Analyze the copies; let the verdict be as modest as the most modest of them.

    Parameters
    ----------
    fused : Fusion
        Of the picture itself, near a threshold.
    pixels : PIL.Image.Image
        The picture, mode RGB.
    score_of : callable
        Gives the fused score of a copy's bytes, None where it could not be had.

    Returns
    -------
    Fusion
        With a reason ``unstable`` where a copy fell into a more modest band; its
        weight is what that takes off the log-odds.
    Stability or None
        None where no copy could be judged.
    """
    scored = ((copy.name, score_of(copy.data)) for copy in variants(pixels))
    scores = {name: score for name, score in scored if score is not None}
    if not scores:
        return fused, None
    every = (fused.score, *scores.values())
    stability = Stability(low=min(every), high=max(every), variants=scores)
    return _modest(fused, scores), stability


def _modest(fused: Fusion, scores: Mapping[str, float]) -> Fusion:
    """Move the score to the copy that claims least, but never to another claim."""
    bands = fused.bands
    if fused.verdict is Verdict.AUTHENTIC:
        highest = bands.suspicious - _BELOW
        score = min(max((fused.score, *scores.values())), highest)
    elif fused.verdict is Verdict.INCONCLUSIVE:
        return fused
    else:
        score = max(min((fused.score, *scores.values())), bands.inconclusive)
    if verdict_of(score, bands) is fused.verdict:
        return fused
    log_odds = log_odds_of(score)
    reason = Reason(
        "unstable",
        "Saved again a little differently, the picture falls into a more modest band. "
        "The verdict is the more modest one.",
        log_odds - fused.log_odds,
    )
    ordered = sorted(
        (*fused.reasons, reason), key=lambda item: abs(item.weight), reverse=True
    )
    return replace(
        fused,
        score=score,
        verdict=verdict_of(score, bands),
        log_odds=log_odds,
        reasons=tuple(ordered),
    )


def _jpeg(pixels: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    pixels.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()

"""Does the noise repeat every two pixels, as up-samplers leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forensics.analysis.containers import webp
from forensics.analysis.spectrum.drawing import spectra_picture
from forensics.analysis.spectrum.residual import (
    Spectrum,
    middle_luma,
    pattern_spectrum,
    strength_spectrum,
)
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    NotApplicableError,
)

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence

# Nats from which a repetition is told of, see docs/signals/synthetic.md.
PATTERN_NATS: Final = 4.5
STRENGTH_NATS: Final = 2.0
_READABLE: Final = frozenset(("JPEG", "PNG", "TIFF", "BMP"))
# The grid of an earlier JPEG, 8 px wide or scaled to 6, has peaks here as well as at
# 1/2: a period of 2 is only what these do not explain. One scaled to 4 px has them at
# 1/4. But so have the patterns of generators that double twice, and in the noise
# itself, unlike in its strength, such a grid is weak: there 1/4 does not count.
_GRID: Final = (1 / 8, 1 / 6, 1 / 3, 3 / 8)
_GRID_OR_HALF: Final = (*_GRID, 1 / 4)


@dataclass(frozen=True, slots=True)
class Lattice:
    """How far the frequencies of a two-pixel period stand out, in nats.

    Attributes
    ----------
    horizontal, vertical, diagonal : float
        At (0, 1/2), (1/2, 0) and (1/2, 1/2).
    longer : float
        The most of any longer period looked at, along the axes; at least 0.
    """

    horizontal: float
    vertical: float
    diagonal: float
    longer: float

    @classmethod
    def of(cls, spectrum: Spectrum, others: tuple[float, ...]) -> Lattice:
        """Measure one spectrum, beside ``others``: frequencies of longer periods."""
        longer = [
            value
            for f in others
            for value in (spectrum.prominence(0.0, f), spectrum.prominence(f, 0.0))
        ]
        return cls(
            horizontal=spectrum.prominence(0.0, 0.5),
            vertical=spectrum.prominence(0.5, 0.0),
            diagonal=spectrum.prominence(0.5, 0.5),
            longer=max(0.0, *longer),
        )

    @property
    def any_beyond_longer(self) -> float:
        """The strongest of the three: a fixed pattern may be of stripes or checks."""
        return max(self.horizontal, self.vertical, self.diagonal) - self.longer

    @property
    def both_beyond_longer(self) -> float:
        """The weaker axis: a generator enlarges both ways."""
        return min(self.horizontal, self.vertical) - self.longer

    def as_json(self) -> dict[str, Json]:
        """Return plain numbers for the finding's data."""
        return {
            "horizontal": round(self.horizontal, 3),
            "vertical": round(self.vertical, 3),
            "diagonal": round(self.diagonal, 3),
            "longer_periods": round(self.longer, 3),
        }


@dataclass(frozen=True, slots=True)
class SpectrumAnalyzer:
    """Spectral peaks of a two-pixel period in the noise and in its strength.

    Transposed convolutions leave a fixed pattern, interpolation a strength that comes
    and goes with the pixels. Periods of 4 and 8 are shown but not judged: the grid of
    a JPEG, of half or full size, has them too. There is no score and no weight:
    recall on real generators was not measured.

    References
    ----------
    Odena, A., Dumoulin, V., Olah, C. (2016). Deconvolution and checkerboard artifacts.
    Distill.
    Zhang, X., Karaman, S., Chang, S.-F. (2019). Detecting and simulating artifacts in
    GAN fake images. WIFS.
    Frank, J. et al. (2020). Leveraging frequency analysis for deep fake image
    recognition. ICML.
    Corvi, R. et al. (2023). Intriguing properties of synthetic images. CVPR Workshops.
    Bammey, Q. (2023). Synthbuster: towards detection of diffusion model generated
    images. IEEE Open Journal of Signal Processing.
    """

    name: str = "spectrum"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Average the spectra over tiles and compare lattice points."""
        _check_format(evidence)
        luma = middle_luma(evidence.pixels)
        pattern, strength = pattern_spectrum(luma), strength_spectrum(luma)
        if pattern is None or strength is None:
            raise NotApplicableError(
                "Too small, or too smooth: at least 16 squares of 64 px with some "
                "noise are needed. That speaks neither for nor against it."
            )
        fixed = Lattice.of(pattern, _GRID)
        varying = Lattice.of(strength, _GRID_OR_HALF)
        is_fixed = fixed.any_beyond_longer >= PATTERN_NATS
        is_varying = varying.both_beyond_longer >= STRENGTH_NATS
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(is_fixed=is_fixed, is_varying=is_varying),
            codes=("two_pixel_period",) if is_fixed or is_varying else (),
            data={
                "pattern": fixed.as_json(),
                "pattern_nats": round(fixed.any_beyond_longer, 3),
                "pattern_needed": PATTERN_NATS,
                "strength": varying.as_json(),
                "strength_nats": round(varying.both_beyond_longer, 3),
                "strength_needed": STRENGTH_NATS,
                "tiles": pattern.tiles,
            },
            evidence=(spectra_picture(pattern, strength, evidence.orientation),),
        )


def _check_format(evidence: ImageEvidence) -> None:
    found = evidence.header.format
    if found in _READABLE or (found == "WEBP" and webp.is_lossless(evidence.data)):
        return
    raise NotApplicableError(
        "This kind of file is compressed in a way that adds or hides repetitions. "
        "That speaks neither for nor against the picture."
    )


def _summary(*, is_fixed: bool, is_varying: bool) -> str:
    if not is_fixed and not is_varying:
        return (
            "No repetition of two pixels stands out in the noise. Many generators "
            "leave none, and scaling or saving as JPEG hides it: this does not tell "
            "where the picture comes from."
        )
    what = (
        "A fixed pattern repeats every two pixels"
        if is_fixed
        else "The strength of the noise comes and goes every two pixels"
    )
    return (
        f"{what}, as the up-samplers of generators leave it. So do enlarging a "
        "photograph, dithering, printed screens and pixel art: an aid for the eye, "
        "without weight in the verdict."
    )

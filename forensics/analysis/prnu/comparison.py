"""Whether a picture carries a fingerprint, by the peak to correlation energy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.prnu.fingerprint import check_size
from forensics.analysis.prnu.residual import gray_levels, noise_residual, usable
from forensics.analysis.types import NotApplicableError

if TYPE_CHECKING:
    from PIL import Image

    from forensics.analysis.prnu.fingerprint import Fingerprint

# The threshold of Goljan, Fridrich, Filler (2009), who report a false alarm rate of
# 2.4e-5 for it, over a million pictures of some 7,000 cameras.
MATCH_PCE: Final = 60.0
# Half a side of the square around no shift that is no noise.
_AROUND: Final = 5
_LEAST_USABLE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Comparison:
    """How well a picture agrees with a fingerprint.

    Attributes
    ----------
    correlation : float
        -1..1, of the residual and what the fingerprint would leave in the picture.
    pce : float
        Peak to correlation energy at no shift, negative where the correlation is.
    """

    correlation: float
    pce: float

    @property
    def is_match(self) -> bool:
        """Whether the picture carries the fingerprint."""
        return self.pce >= MATCH_PCE


def compare(fingerprint: Fingerprint, pixels: Image.Image) -> Comparison:
    """Compare one picture with a fingerprint, pixel by pixel without any shift.

    Raises
    ------
    NotApplicableError
        The picture has another size, or is nearly all black or saturated.

    References
    ----------
    Goljan, M., Fridrich, J., Filler, T. (2009). Large scale test of sensor fingerprint
    camera identification. SPIE Electronic Imaging.
    """
    check_size(pixels.size, fingerprint.size)
    gray = gray_levels(pixels)
    inside = usable(gray)
    if inside.mean() < _LEAST_USABLE:
        raise NotApplicableError(
            "Nearly all of it is black or saturated: such pixels carry no pattern."
        )
    expected = fingerprint.values * np.where(inside, gray, 0)
    found = noise_residual(gray) * inside
    return _at_no_shift(expected - expected.mean(), found - found.mean())


def _at_no_shift(
    expected: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    found: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> Comparison:
    energy = math.sqrt(float((expected**2).sum()) * float((found**2).sum()))
    if energy == 0.0:
        return Comparison(0.0, 0.0)
    product = np.fft.rfft2(found) * np.conj(np.fft.rfft2(expected))
    surface = np.fft.irfft2(product, s=expected.shape) / energy
    peak = float(surface[0, 0])
    near = np.arange(-_AROUND, _AROUND + 1)
    surface[np.ix_(near, near)] = 0.0
    noise = float((surface**2).sum()) / (surface.size - near.size**2)
    pce = math.copysign(peak**2 / noise, peak) if noise > 0.0 else 0.0
    return Comparison(peak, pce)

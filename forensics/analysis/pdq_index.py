"""Multi-index hashing: which integers to look up to find every near hash.

After Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space With Multi-Index
Hashing" (2014). A hash is cut into 12 bands. Of two hashes that differ in at most 31
bits, one band differs in at most two bits among the first eight, or in at most one
among the last four: otherwise they would differ in 8 * 3 + 4 * 2 = 32. So it is enough
to look up each band together with these few neighbours, exactly.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.pdq import BITS, HEX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

BANDS = 12
# The distance that the authors of PDQ recommend for a match.
MATCH_DISTANCE = 31
# Neighbouring frequencies depend on each other, so a band takes every twelfth bit.
_PLACES = tuple(np.arange(band, BITS, BANDS) for band in range(BANDS))
# The shortest bands are looked up farthest: this costs the fewest look-ups.
_BY_LENGTH = sorted(range(BANDS), key=lambda band: len(_PLACES[band]))


def band_values(hex_hash: str) -> tuple[int, ...]:
    """Return the 12 integers, each below 2 ** 22, that a hash is stored under."""
    return tuple(many_band_values((hex_hash,))[0].tolist())


def many_band_values(hashes: Sequence[str]) -> NDArray[np.int64]:
    """Return the integers that hashes are stored under.

    Returns
    -------
    ndarray of int64, shape (n, 12)
    """
    packed = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(hashes), -1), axis=1)[:, ::-1]
    columns = [bits[:, places] @ (1 << np.arange(len(places))) for places in _PLACES]
    return np.stack(columns, axis=1).astype(np.int64)


def neighbours(
    hex_hash: str, *, distance: int = MATCH_DISTANCE
) -> tuple[list[int], ...]:
    """Return for each band the values under which a near hash may be stored.

    Every hash within ``distance`` shares a value with at least one band; hashes farther
    away may too, so that candidates have to be compared by :func:`distances`. A band
    without values needs no look-up.

    Parameters
    ----------
    hex_hash : str
        64 hexadecimal digits.
    distance : int
        0..31, in bits.
    """
    values = band_values(hex_hash)
    masks = _masks(distance)
    return tuple((masks[band] ^ value).tolist() for band, value in enumerate(values))


def distances(hex_hash: str, others: Sequence[str]) -> NDArray[np.int64]:
    """Return in how many of 256 bits each of the others differs.

    Parameters
    ----------
    hex_hash : str
        64 hexadecimal digits.
    others : sequence of str
        Such hashes, n of them.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    own = np.frombuffer(bytes.fromhex(hex_hash), dtype=np.uint64)
    rows = np.frombuffer(bytes.fromhex("".join(others)), dtype=np.uint64)
    differing = np.bitwise_count(rows.reshape(-1, len(own)) ^ own)
    summed: NDArray[np.int64] = np.sum(differing, axis=1, dtype=np.int64)
    return summed


def is_hash(text: str) -> bool:
    """Return whether a text is a hash as it is stored: 64 lower-case digits."""
    return len(text) == HEX_DIGITS and not set(text) - set("0123456789abcdef")


def is_telling(hex_hash: str) -> bool:
    """Return whether a hash can be a picture's.

    Half of its bits lie above the median, so half are set. A hash with hardly any, or
    hardly any not, was made of something flat and would match everything flat.
    """
    return BITS // 4 <= int(hex_hash, 16).bit_count() <= BITS * 3 // 4


@cache
def _masks(distance: int) -> tuple[NDArray[np.int64], ...]:
    """Return for each band what to combine with its value by exclusive or."""
    radius, rest = divmod(distance, BANDS)
    # With `rest` left over, the first rest + 1 bands are looked up to `radius` and the
    # others to one less: were all of them farther, the sum would exceed the distance.
    found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * BANDS
    for position, band in enumerate(_BY_LENGTH):
        reach = radius if position <= rest else radius - 1
        found[band] = np.array(
            [_mask(chosen) for chosen in _choices(len(_PLACES[band]), reach)],
            dtype=np.int64,
        )
    return tuple(found)


def _choices(length: int, reach: int) -> Iterable[tuple[int, ...]]:
    for size in range(reach + 1):
        yield from combinations(range(length), size)


def _mask(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)

"""Records as an evaluation writes them, with signals of known distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.training.benchmark.records import Record, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DISTANCE = 2.0


def record(
    index: int,
    signals: Mapping[str, float | None],
    *,
    is_fake: bool,
    set_name: str = "made",
    protocol: str = "equalized",
    source: str = "",
    version: str = "1",
) -> Record:
    return Record(
        set_name=set_name,
        file=f"{index}.jpg",
        name=f"{index}.jpg",
        label="fake" if is_fake else "authentic",
        kind="splice" if is_fake else "untouched",
        protocol=protocol,
        source=source or f"{set_name}/{index}",
        findings={
            name: Signal(
                status="not_applicable" if value is None else "ok",
                signal=value,
                score=None,
                codes=(),
                milliseconds=1.0,
                version=version,
            )
            for name, value in signals.items()
        },
    )


def records(
    count: int = 600,
    *,
    seed: int = 0,
    distance: float = DISTANCE,
    protocols: Sequence[str] = ("equalized",),
) -> list[Record]:
    """Make pictures whose localizer is N(0, 1), and N(distance, 1) where forged.

    The double-JPEG signal repeats the localizer's, so that the two together say no
    more than one; the copy-move signal is noise, absent in every third picture.
    """
    draw = np.random.default_rng(seed)
    made = []
    for index in range(count):
        is_fake = index % 2 == 1
        value = float(draw.normal(distance if is_fake else 0.0))
        noise = float(draw.normal())
        for protocol in protocols:
            signals = {
                "localizer": value,
                "copy_move": noise if index % 3 else None,
                "double_jpeg": 3.0 * value,
            }
            one = record(index, signals, is_fake=is_fake, protocol=protocol)
            made.append(one)
    return made

"""The joined map takes the greatest value of each place, whatever the cells."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.analysis.joined_map import join_localizations
from forensics.analysis.types import Finding, FindingStatus, Localization


def finding(
    analyzer: str, values: list[list[float]] | None, cell: int, *codes: str
) -> Finding:
    found = None if values is None else Localization(np.array(values, np.float32), cell)
    return Finding(analyzer, "1", FindingStatus.OK, "", codes=codes, localization=found)


def test_maps_of_other_cells_are_joined_by_their_greatest() -> None:
    coarse = finding("localizer", [[0.1, 0.8]], 16)
    fine = finding("copy_move", [[0.5, 0.0, 0.0, 0.9], [0.0] * 4], 8, "copy_move")
    joined = join_localizations((coarse, fine), width=32, height=16)
    assert joined is not None
    assert joined.cell == 8
    expected = [[0.5, 0.1, 0.8, 0.9], [0.1, 0.1, 0.8, 0.8]]
    assert joined.values == pytest.approx(np.array(expected, np.float32))


def test_the_map_covers_a_picture_that_is_no_multiple_of_the_cell() -> None:
    one = finding("localizer", [[0.1, 0.2], [0.3, 0.4]], 8)
    joined = join_localizations((one,), width=13, height=9)
    assert joined is not None
    assert joined.values.shape == (2, 2)
    finest = finding("localizer", np.zeros((9, 13)).tolist(), 1)
    coarser = join_localizations((finest,), width=13, height=9)
    assert coarser is not None
    assert (coarser.cell, coarser.values.shape) == (4, (3, 4))


def test_a_signal_that_found_nothing_by_its_own_standard_takes_no_part() -> None:
    silent = finding("copy_move", [[0.9]], 8)
    assert join_localizations((silent,), width=8, height=8) is None
    assert join_localizations((finding("ela", None, 8),), width=8, height=8) is None

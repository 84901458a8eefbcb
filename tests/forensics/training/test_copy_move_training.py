"""Fitting the copy-move decision: likenesses, patterns, signs, the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from skimage import data as pictures

from forensics.analysis.copy_move import decision
from forensics.training import copy_move
from forensics.training.copy_move import Example, likeness, pattern
from forensics.training.localizer.split import part_of
from tests.images import png


def test_a_likeness_changes_one_square_only() -> None:
    pixels = pictures.astronaut()[:300, :300]
    before = pixels.copy()
    after = likeness(np.random.default_rng(3), pixels)
    assert after.shape == pixels.shape
    assert (pixels == before).all()
    changed = np.abs(after.astype(int) - pixels).max(axis=2) > 40
    assert 0.005 < changed.mean() < 0.3


def test_a_pattern_repeats_itself_but_not_exactly() -> None:
    made = pattern(np.random.default_rng(4), pictures.astronaut()[:320, :320])
    gray = made.mean(axis=2) - made.mean()
    spectrum = np.abs(np.fft.fft2(gray)) ** 2
    around = np.fft.ifft2(spectrum).real / spectrum.mean()
    around[:20, :20] = around[-20:, :20] = around[:20, -20:] = around[-20:, -20:] = 0
    assert 0.4 < around.max() < 0.99


def test_the_fit_finds_what_tells_copies_and_never_turns_a_sign() -> None:
    rng = np.random.default_rng(0)
    names = list(decision.WEIGHTS)
    examples = []
    for picture in range(200):
        is_copy = picture % 2 == 0
        numbers = rng.normal(size=len(names))
        numbers[names.index("residual")] += 3.0 * is_copy
        numbers[names.index("own")] -= 3.0 * is_copy
        pasted = float(picture % 4 == 0) if is_copy else float("nan")
        seam = (1.0 if pasted > 0.5 else -1.0) + rng.normal()
        examples.append(Example(tuple(numbers), is_copy, picture, seam, pasted))
    labels = np.arange(200) % 2 == 0
    fit = copy_move.fit(examples, labels)
    assert fit.weights["residual"] > 0.5
    assert fit.weights["own"] == 0.0
    assert list(fit.weights) == names
    assert fit.seam > 0.5
    assert fit.auc > 0.95


def test_the_command_says_when_the_samples_are_too_few(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(png(Image.fromarray(pictures.astronaut())))
    with pytest.raises(CommandError, match="Make more"):
        call_command("train_copy_move", str(tmp_path), samples=4)


def test_the_command_wants_photographs(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No photographs"):
        call_command("train_copy_move", str(tmp_path))


def test_the_command_keeps_to_a_part_of_the_split(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(png(Image.fromarray(pictures.astronaut())))
    other, own = sorted(("learn", "test"), key=lambda part: part == part_of("one.png"))
    with pytest.raises(CommandError, match="No photographs"):
        call_command("train_copy_move", str(tmp_path), part=other)
    with pytest.raises(CommandError, match="Make more"):
        call_command("train_copy_move", str(tmp_path), part=own, samples=1)

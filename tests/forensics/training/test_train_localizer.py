"""The localizer from photographs to a released version, by the command itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from forensics.analysis.image import load_evidence
from forensics.analysis.localizer import LocalizerAnalyzer
from forensics.analysis.model_store import open_model
from forensics.analysis.network import import_keras
from forensics.analysis.types import FindingStatus, Limits
from forensics.training.errors import (
    CheckpointError,
    DatasetError,
    PublicationError,
    TrainingError,
)
from forensics.training.forgeries import Forgery, ForgeryGenerator, ForgeryKind
from forensics.training.localizer import training
from forensics.training.localizer.ancestry import (
    joined_hashes,
    read_ancestor,
    refuse_false_freedom,
)
from forensics.training.localizer.batches import Examples, Mixture, again
from forensics.training.localizer.fitting import Recipe, Run, centre_mask, fit
from forensics.training.localizer.losses import evidence_loss, mask_loss, pooled_logit
from forensics.training.localizer.network import build_localizer
from forensics.training.progress import silent
from forensics.training.provenance import Provenance
from forensics.training.publication import publish_localizer
from tests.forensics.conftest import OLD_ARRAY
from tests.forensics.localizer_model import account, release
from tests.forensics.training.forgery_sources import SOURCES, dealt_photographs
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forensics.training.progress import Progress

T = TypeVar("T")

pytestmark = pytest.mark.filterwarnings(OLD_ARRAY)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    return dealt_photographs(tmp_path / "photographs")


def test_the_untrained_network_answers_by_cells_and_sees_no_flat_colour() -> None:
    model = build_localizer(side=64)
    flat = np.full((1, 64, 64, 3), 90, dtype=np.float32)
    nothing = np.zeros_like(flat)
    table = np.full((1, 64), 10, dtype=np.float32)
    answer = model.predict_on_batch({"pixels": flat, "ela": nothing, "table": table})
    assert answer["mask"].shape == answer["evidence"].shape == (1, 8, 8, 1)
    residuals = next(layer for layer in model.layers if layer.name == "residuals")
    assert np.allclose(np.sum(residuals.get_weights()[0], axis=(0, 1)), 0, atol=1e-6)


def test_the_mask_is_centred_where_forgeries_are_marked_best() -> None:
    keras = import_keras()
    cells = keras.Input((4, 4, 1), name="pixels")
    mask = keras.layers.Conv2D(1, 1, name="mask")(cells)
    model = keras.Model({"pixels": cells}, {"mask": mask})
    model.get_layer("mask").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    truth = np.zeros((2, 4, 4, 1), dtype=np.float32)
    truth[1, :2] = 1.0
    # All logits are below zero, the edited cells' less so; the other crop is untouched.
    logits = np.where(truth > 0, -0.9, -2.1).astype(np.float32)

    class Given:
        mask = truth

        def inputs(self) -> dict[str, object]:
            return {"pixels": logits}

    shift = centre_mask(model, [Given()])
    assert -2.1 < shift < -0.9
    marked = np.asarray(model.predict_on_batch({"pixels": logits})["mask"]) > 0
    assert np.array_equal(marked, truth > 0)
    Given.mask = np.zeros_like(truth)
    assert centre_mask(model, [Given()]) == 0.0


def test_losses_of_known_answers() -> None:
    keras = import_keras()
    truth = np.zeros((2, 8, 8, 1), dtype=np.float32)
    truth[1, 2:5, 2:5] = 1
    right = np.where(truth > 0, 12.0, -12.0).astype(np.float32)
    assert float(mask_loss(truth, right)) < 1e-3
    assert float(evidence_loss(truth, right)) == pytest.approx(
        0.5 * np.log1p(np.exp(-3)), abs=1e-4
    )
    assert float(mask_loss(truth, -right)) > 10
    # The mean of the eight strongest cells, smoothed by 3 x 3: the square's middle
    # keeps 12, its four sides have 4, its corners -4/3, of which three count.
    pooled = np.asarray(keras.ops.convert_to_numpy(pooled_logit(right)))
    assert pooled[0] == pytest.approx(-12)
    assert pooled[1] == pytest.approx((12 + 4 * 4 - 3 * 4 / 3) / 8)


def test_examples_depend_on_seed_and_index_only() -> None:
    mixture = Mixture(SOURCES)
    first = Examples(mixture, side=224, seed=3).batch([5, 2])
    once_more = Examples(mixture, side=224, seed=3).batch([2])
    assert np.array_equal(first.pixels[1], once_more.pixels[0])
    assert np.array_equal(first.mask[1], once_more.mask[0])
    other = Examples(mixture, side=224, seed=4).batch([2])
    assert not np.array_equal(first.pixels[1], other.pixels[0])


def test_crops_shown_again_keep_their_mask_levels_and_table() -> None:
    examples = Examples(Mixture(SOURCES), side=224, seed=3)
    first = [examples.batch(range(start, start + 4)) for start in (0, 4)]
    shown = list(again(iter(first), times=3, seed=1))
    assert len(shown) == 6
    assert shown[0] is first[0]
    assert shown[3] is first[1]
    known = {
        image.tobytes(): (batch.mask[row][:, ::step], batch.ela[row][:, ::step], table)
        for batch in first
        for row, table in enumerate(batch.table)
        for step in (1, -1)
        for image in [batch.pixels[row][:, ::step]]
    }
    mirrored = 0
    for batch in (shown[number] for number in (1, 2, 4, 5)):
        for row in range(4):
            mask, ela, table = known[batch.pixels[row].tobytes()]
            assert np.array_equal(batch.mask[row], mask)
            assert np.array_equal(batch.ela[row], ela)
            assert np.array_equal(batch.table[row], table)
            mirrored += not any(
                np.array_equal(batch.pixels[row], one)
                for original in first
                for one in original.pixels
            )
    assert 0 < mirrored < 16


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_command_trains_resumes_and_publishes_what_the_pipeline_runs(
    tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CALIBRATION_PICTURES", 12)
    store, work = tmp_path / "store", tmp_path / "work"
    options = {
        "photographs": [photographs],
        "unseen_kinds": ["noise"],
        "every": 1,
        "batch": 4,
        "processes": 1,
        "output": store,
        "work": work,
        "verbosity": 0,
    }
    call_command("train_localizer", "trial", steps=2, **options)
    model = open_model(store, "trial")
    assert model.manifest.research_only  # nothing was said of the terms
    recipe = json.loads((model.folder / "manifest.json").read_text())["training"]
    assert recipe["recipe"]["unseen_kinds"] == ["noise"]
    assert [entry["step"] for entry in recipe["recipe"]["history"]] == [1, 2]
    assert "--photographs photographs" in recipe["commands"][0]
    finding = LocalizerAnalyzer(store, "trial").analyze(
        load_evidence(jpeg(photo_like(seed=1, size=(300, 200))), Limits())
    )
    assert finding.status is FindingStatus.OK
    assert isinstance(finding.data["signal"], float)
    with pytest.raises(CommandError, match="another data set, seed or recipe"):
        call_command("train_localizer", "trial", steps=3, resume=True, **options)


def killed_after(count: int) -> Progress:
    """Make a progress that ends the run, as a kill does, after so many checkpoints."""
    begun: list[str] = []

    def progress(items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        begun.append(label)
        if len(begun) > count:
            raise KeyboardInterrupt
        return iter(silent(items, total=total, label=label))

    return progress


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_goes_on_at_its_last_checkpoint(tmp_path: Path) -> None:
    learn, check = Mixture(SOURCES[:2]), Mixture(SOURCES[2:])
    recipe = Recipe(
        seed=5, steps=2, every=1, batch=2, side=192, validation=4, processes=1
    )
    begun = Run(tmp_path, resume=False)
    with pytest.raises(KeyboardInterrupt):
        fit(learn, check, recipe, begun, progress=killed_after(1))
    state = json.loads((tmp_path / "state.json").read_text())
    assert (state["steps"], state["weights"]) == (1, "step-0000001.weights.h5")
    assert (tmp_path / state["weights"]).is_file()
    again = Run(tmp_path, resume=True)
    model, resumed = fit(learn, check, recipe, again, progress=silent)
    assert [entry["step"] for entry in resumed.history] == [1, 2]
    assert resumed.history[0] == state["history"][0]
    assert int(model.optimizer.iterations) == 2
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["state.json", "step-0000002.weights.h5"]
    other_kinds = replace(learn, kinds={ForgeryKind.SPLICE: 1.0})
    other_share = replace(learn, share=0.1)
    for other in (other_kinds, other_share):
        with pytest.raises(CheckpointError, match="another data set"):
            fit(other, check, recipe, again, progress=silent)
    with pytest.raises(CheckpointError, match="another data set"):
        fit(learn, Mixture(SOURCES[1:]), recipe, again, progress=silent)


def test_an_index_that_gives_nothing_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = ForgeryGenerator.make

    def failing(self: ForgeryGenerator, index: int) -> Forgery:
        if index == 5:
            raise DatasetError("Nothing can be seen.")
        return made(self, index)

    monkeypatch.setattr(ForgeryGenerator, "make", failing)
    examples = Examples(Mixture(SOURCES), side=224, seed=3)
    first, second = examples.example(5), examples.example(5)
    assert np.array_equal(first.pixels, second.pixels)
    other = examples.example(6)
    assert first.pixels.shape != other.pixels.shape or not np.array_equal(
        first.pixels, other.pixels
    )


def test_a_start_needs_its_account_beside_it(
    localizer_weights: bytes, tmp_path: Path
) -> None:
    terms = account(research_only=True, terms="research only", data="CASIA v2.0")
    folder = publish_localizer(tmp_path, release(localizer_weights, training=terms))
    found = read_ancestor(folder / "model.weights.h5")
    assert (found.title, found.data) == ("forgery-localizer 1.0.0", "CASIA v2.0")
    assert (found.terms, found.research_only) == ("research only", True)
    assert found.commands == tuple(terms.commands)
    own = b"0123456789abcdef one.jpg\n" + b"1111111111111111 new.jpg\n"
    assert joined_hashes(own, found).splitlines() == [
        b"0123456789abcdef one.jpg",
        b"1111111111111111 new.jpg",
        b"fedcba9876543210 two.jpg",
    ]
    with pytest.raises(PublicationError, match=r"forgery-localizer 1\.0\.0 is for"):
        refuse_false_freedom(Provenance(research_only=False), found, ())
    (folder / "training.hashes").unlink()
    with pytest.raises(TrainingError, match=r"training\.hashes beside them"):
        read_ancestor(folder / "model.weights.h5")
    alone = tmp_path / "alone.weights.h5"
    alone.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(TrainingError, match=r"alone\.weights\.h5 cannot be"):
        read_ancestor(alone)


def test_casias_pictures_cannot_be_called_free() -> None:
    seen = [Path("a.jpg"), Path("Sp_D_CNN_A_art0024_ani0032_0268.jpg")]
    refuse_false_freedom(Provenance(research_only=True), None, seen)
    refuse_false_freedom(Provenance(research_only=False), None, seen[:1])
    with pytest.raises(PublicationError, match="art0024_ani0032"):
        refuse_false_freedom(Provenance(research_only=False), None, seen)

"""Training from end to end: checkpoints, the published version and its card."""

from __future__ import annotations

import json
import os
import re
import shutil
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import h5py
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from forensics.analysis.keras_weights import KERNEL_SHAPES
from forensics.analysis.model_errors import ModelIncompatibleError
from forensics.analysis.model_store import open_model
from forensics.analysis.network import (
    CLASSES,
    MODEL_NAME,
    CnnAnalyzer,
    Engine,
    load_network,
)
from forensics.training.card import render_card
from forensics.training.errors import CheckpointError
from forensics.training.fit import (
    DEPARTURES,
    Checkpoints,
    Examples,
    Recipe,
    RunState,
    fit,
)
from forensics.training.importing import in_our_order
from forensics.training.progress import silent
from forensics.training.provenance import read_provenance
from tests.forensics.conftest import OLD_ARRAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[3]
T = TypeVar("T")
pytestmark = pytest.mark.filterwarnings(OLD_ARRAY)


class Watch:
    """Progress that notes the labels, and what a kill in one epoch would leave."""

    def __init__(self, folder: Path, *, snapshot: Path | None = None) -> None:
        self.labels: list[str] = []
        self._folder = folder
        self._snapshot = snapshot

    def __call__(self, items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        self.labels.append(label)
        for number, item in enumerate(silent(items, total=total, label=label)):
            if self._snapshot and number and label.startswith("epoch 2/"):
                shutil.copytree(self._folder, self._snapshot, copy_function=os.link)
            yield item


def examples() -> Examples:
    draw = np.random.default_rng(2)
    fake = np.arange(12) % 2 == 0
    pixels = draw.integers(0, 40, (12, 128, 128, 3), dtype=np.uint8)
    pixels[fake] *= 3
    return Examples(pixels, fake, train=range(8), validation=range(8, 12))


def run(folder: Path, watch: Watch, *, resume: bool) -> RunState:
    recipe = Recipe(seed=4, epochs=2, batch_size=4)
    checkpoints = Checkpoints(folder, fingerprint="this run", resume=resume)
    return fit(examples(), recipe, checkpoints, progress=watch)


def test_a_killed_run_goes_on_at_its_epoch_and_ends_like_an_unbroken_one(
    roomy: Path,
) -> None:
    unbroken, killed = roomy / "unbroken", roomy / "killed"
    whole = run(unbroken, Watch(unbroken, snapshot=killed), resume=False)
    watch = Watch(killed)
    resumed = run(killed, watch, resume=True)
    assert watch.labels == ["epoch 2/2"]
    assert resumed.history[0] == whole.history[0]
    for own, other in zip(resumed.history, whole.history, strict=True):
        assert own.loss == pytest.approx(other.loss, rel=1e-3)
    assert run(killed, watch, resume=True) == resumed
    assert watch.labels == ["epoch 2/2"]


def test_a_checkpoint_of_another_run_is_not_taken(tmp_path: Path) -> None:
    state = {"fingerprint": "another run", "history": []}
    (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(CheckpointError, match="another data set, seed or recipe"):
        run(tmp_path, Watch(tmp_path), resume=True)


def test_training_publishes_a_version_with_figures_and_terms(
    trained_store: Path,
) -> None:
    manifest = open_model(trained_store, MODEL_NAME).manifest
    document = json.loads(json.dumps(manifest.document))
    assert manifest.research_only
    assert manifest.slope >= 0
    assert document["splits"]["counts"]["test"]["fake"] >= 1
    test = document["metrics"]["sets"]["source-grouped test split"]
    assert list(test["protocols"]) == ["raw", "quality_75", "equalized"]
    for figures in test["protocols"].values():
        for name in ("auc", "accuracy", "balanced_accuracy", "false_alarms"):
            estimate = figures[name]
            assert 0 <= estimate["low"] <= estimate["value"] <= estimate["high"] <= 1
    untouched = document["metrics"]["sets"]["untouched"]["protocols"]["raw"]
    assert untouched["n"] == {"fake": 0, "authentic": 3}
    assert set(untouched) == {"n", "false_alarms"}
    assert document["reference_outputs"]["litert_deviation"] < 0.02


def test_a_list_of_pictures_can_be_added_and_nothing_else_changes(
    trained_store: Path, dataset: Path, tmp_path: Path
) -> None:
    trained = open_model(trained_store, MODEL_NAME).folder
    written = (trained / "manifest.json").read_bytes()
    document = json.loads(written)
    counts = document["splits"]["counts"].values()
    known = sum(c["fake"] + c["authentic"] for c in counts)
    known -= sum(document["splits"]["counts"]["test"][k] for k in ("fake", "authentic"))
    listed = (trained / "training.hashes").read_bytes()
    assert len(listed.splitlines()) == known
    del document["files"]["training.hashes"]
    folder = tmp_path / "store" / MODEL_NAME / "1.0.0"
    folder.mkdir(parents=True)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    options = {
        "output": tmp_path / "store",
        "work": trained_store.parent / "work",
        "list_only": True,
    }
    call_command("train_model", MODEL_NAME, data=dataset, **options)
    assert (folder / "manifest.json").read_bytes() == written
    assert (folder / "training.hashes").read_bytes() == listed
    with pytest.raises(CommandError, match="has its list already"):
        call_command("train_model", MODEL_NAME, data=dataset, **options)


def test_the_card_shows_the_manifests_figures(trained_store: Path) -> None:
    model = open_model(trained_store, MODEL_NAME)
    card = (model.folder / "card.md").read_text(encoding="utf-8")
    document = json.loads(json.dumps(model.manifest.document))
    sets = document["metrics"]["sets"]
    area = sets["source-grouped test split"]["protocols"]["equalized"]["auc"]
    assert f"{area['value']:.3f} ({area['low']:.3f}-{area['high']:.3f})" in card
    assert document["command"] in card
    assert "research and teaching only" not in card  # said of CASIA, and not here
    assert model.manifest.limits in card


def test_a_set_of_which_nothing_is_known_is_not_called_casia(
    trained_store: Path,
) -> None:
    model = open_model(trained_store, MODEL_NAME)
    card = (model.folder / "card.md").read_text(encoding="utf-8")
    document = json.loads(json.dumps(model.manifest.document))
    told = json.dumps([document["limits"], document["training"]])
    assert "CASIA" not in told
    assert "CASIA v2" not in card
    assert "What it was trained on is not recorded (research only)." in card
    assert "treat it as for research only" in document["training"]["terms"]
    assert model.manifest.research_only


def test_what_is_told_of_a_set_goes_to_the_manifest(tmp_path: Path) -> None:
    file = tmp_path / "about.toml"
    file.write_text(
        '[training]\nname = "ours"\nterms = "CC0"\nresearch_only = false\n'
        '[sets]\nothers = "made last year"\n',
        encoding="utf-8",
    )
    about = read_provenance(file)
    assert about.sentence() == "It was trained on ours."
    assert about.sets == {"others": "made last year"}
    assert about.training(tampered=3, authentic=4) == {
        "data": "ours: 3 tampered and 4 authentic pictures",
        "note": "",
        "terms": "CC0",
        "research_only": False,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "training: Expected dict, received None"),
        ("[training", "TOML"),
        ("[training]\nname = 1", "name: Expected str, received 1"),
        ("[training]\nname = ''", "name: Expected str, received ''"),
        ("[training]\nname = 'a'\nterms = 'b'", "research_only: Expected bool"),
        ("[training]\nlicence = 'CC0'", "'licence' is none of"),
        ("[sets]\nphotos = 3\n[training]", "name: Expected str"),
    ],
)
def test_a_file_about_the_data_is_refused_in_words(
    dataset: Path, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "about.toml"
    with pytest.raises(CommandError, match="No such file"):
        call_command("train_model", MODEL_NAME, data=dataset, about=file)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=re.escape(words)):
        call_command("train_model", MODEL_NAME, data=dataset, about=file)


def test_the_shipped_card_tells_what_its_sets_are() -> None:
    model = open_model(ROOT / "models_store", MODEL_NAME)
    about = read_provenance(ROOT / "docs" / "models" / "casia-ela-cnn.toml")
    card = (model.folder / "card.md").read_text(encoding="utf-8")
    assert card == render_card(model.manifest.document)
    assert model.manifest.limits.startswith(about.sentence())
    for sentence in (about.terms, about.note, *about.sets.values()):
        assert sentence in card
    assert about.sets.keys() == {"casia1", "photos"}
    for departure in DEPARTURES:
        assert departure in card


def test_the_command_refuses_a_folder_that_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="authentic/ and tampered/"):
        call_command("train_model", MODEL_NAME, data=tmp_path, output=tmp_path)
    with pytest.raises(CommandError, match="NAME=DIR"):
        call_command(
            "train_model", MODEL_NAME, data=tmp_path, evaluate_also=["nothing"]
        )


def write_legacy_file(path: Path, *, fake_bias: float) -> Path:
    """Write what Keras 2 would: all weights nil but for one output's bias."""
    names = ("conv2d_1", "conv2d_2", "dense_1", "dense_2")
    with h5py.File(path, "w") as file:
        for name, shape in zip(names, KERNEL_SHAPES, strict=True):
            group = file.create_group(f"model_weights/{name}/{name}")
            group.create_dataset("kernel:0", shape=shape, dtype="f4")
            group.create_dataset("bias:0", shape=shape[-1:], dtype="f4")
        group["bias:0"][:] = [fake_bias, 0]
    return path


def test_an_import_is_stored_aside_calibrated_to_say_nothing(roomy: Path) -> None:
    file = write_legacy_file(roomy / "model_casia_run1.h5", fake_bias=2.0)
    store = roomy / "store"
    out = StringIO()
    call_command("import_model", file, output=store, stdout=out)
    assert "not the active version" in out.getvalue()
    (folder,) = (store / MODEL_NAME).iterdir()
    assert folder.name.startswith("1.0.0+imported.")
    model = open_model(store, MODEL_NAME, version=folder.name)
    assert model.manifest.origin == "imported"
    assert (model.manifest.slope, model.manifest.intercept) == (0, 0)
    for engine in Engine:
        network = load_network(model, engine=engine, threads=1)
        black = np.zeros((1, 128, 128, 3), dtype=np.uint8)
        fake, authentic = network.probabilities(black)[0]
        assert fake == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-3)
        assert fake + authentic == pytest.approx(1)
    with pytest.raises(CommandError, match="exists"):
        call_command("import_model", file, output=store, stdout=out)
    pinned = CnnAnalyzer(engine="litert", store=store, version=folder.name)
    assert pinned.version.startswith(folder.name)


def test_an_import_of_the_other_class_order_is_turned_round() -> None:
    arrays = [np.zeros(shape, np.float32) for shape in ((1,), (2, 2), (2,))]
    arrays[1][:] = [[1, 2], [3, 4]]
    arrays[2][:] = [5, 6]
    *_, kernel, bias = in_our_order(arrays, classes=("authentic", "fake"))
    assert kernel.tolist() == [[2, 1], [4, 3]]
    assert bias.tolist() == [6, 5]
    *_, kernel, bias = in_our_order(arrays, classes=CLASSES)
    assert bias.tolist() == [5, 6]
    with pytest.raises(ModelIncompatibleError, match="fake,authentic"):
        in_our_order(arrays, classes=("cat", "dog"))


def test_importing_what_is_no_keras_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a file"):
        call_command("import_model", tmp_path / "absent.h5", output=tmp_path)
    (tmp_path / "text.h5").write_text("no", encoding="utf-8")
    with pytest.raises(CommandError, match="not a readable HDF5 file"):
        call_command("import_model", tmp_path / "text.h5", output=tmp_path)

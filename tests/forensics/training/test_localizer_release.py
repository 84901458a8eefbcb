"""Publishing a localizer: whole, within the size, with nothing unsaid; its card."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from forensics.analysis.model_errors import ModelExistsError, ModelIncompatibleError
from forensics.analysis.model_store import open_model
from forensics.training.errors import PublicationError
from forensics.training.localizer_card import Evaluation, render_localizer_card
from forensics.training.localizer_release import MAX_BYTES, localizer_document
from forensics.training.publication import publish_localizer
from tests.forensics.analysis.fusion_models import write as write_fusion
from tests.forensics.localizer_model import account, release
from tests.images import encode

ESTIMATE = {"value": 0.8123, "low": 0.7456, "high": 0.8789}


def test_a_published_version_is_whole_and_can_be_read(
    localizer_weights: bytes, tmp_path: Path
) -> None:
    folder = publish_localizer(tmp_path, release(localizer_weights))
    model = open_model(tmp_path, "forgery-localizer")
    assert model.read("litert") == localizer_weights
    assert model.read("training_hashes").startswith(b"0123456789abcdef one.jpg\n")
    assert model.read("tensorflow").startswith(b"\x89HDF")
    assert sorted(path.name for path in folder.iterdir()) == [
        *("card.md", "manifest.json", "model.tflite", "model.weights.h5"),
        "training.hashes",
    ]
    with pytest.raises(ModelExistsError):
        publish_localizer(tmp_path, release(localizer_weights))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hashes": b"0123456789abcdef x\n" * (MAX_BYTES // 19)}, "at most 15,000,000"),
        ({"training": account(terms=" ")}, "terms"),
        ({"training": account(data="")}, "data"),
        ({"training": account(commands=[])}, "commands"),
        ({"training": account(commands=["train --data=/data/x/y"])}, "absolute"),
        ({"metrics": {"from": ["/home/somebody/run"]}}, "absolute"),
        ({"mask_threshold": 0.4}, r"Expected 0\.5.*received 0\.4"),
    ],
)
def test_what_is_unfit_is_not_published(
    localizer_weights: bytes, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(PublicationError, match=words):
        publish_localizer(tmp_path, release(localizer_weights, **changes))
    assert list(tmp_path.rglob("*.json")) == []


def test_a_file_that_does_not_run_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(ModelIncompatibleError, match="LiteRT"):
        publish_localizer(tmp_path, release(b"\x1c\0\0\0TFL3" * 50))
    assert list(tmp_path.rglob("*.json")) == []


def test_the_card_says_what_it_was_trained_on_and_under_which_terms() -> None:
    terms = account(research_only=True, terms="research and teaching only")
    card = render_localizer_card(localizer_document(release(b"", training=terms)))
    assert "**Research-only weights.**" in card
    assert "Terms: research and teaching only." in card
    assert "python manage.py train_localizer --seed 1" in card
    assert "None measured yet" in card
    free = render_localizer_card(localizer_document(release(b"")))
    assert "Research-only" not in free
    assert "Research only: no." in free


def results(**changes: object) -> dict[str, Any]:
    figures = {
        "auc": ESTIMATE,
        "recall_at_5_percent": {"value": 0.4, "low": 0.3, "high": 0.5},
        "kinds": {"splice": {"n": 31, "auc": {"value": 0.7, "low": 0.6, "high": 0.8}}},
        "localization": {
            "n": 50,
            "f1": {"value": 0.31, "low": 0.25, "high": 0.37},
            "marked_untouched": {"value": 0.02, "low": 0.01, "high": 0.03},
        },
        "roc": [[0, 0], [1, 1]],
    }
    header = {"auc": {"value": 0.5011, "low": 0.45, "high": 0.55}}
    measured = {
        "n": {"fake": 60, "authentic": 70},
        "seconds": {"mean_megapixels": 0.1, "by_analyzer": {"localizer": 0.04}},
        "targets": {"localizer": figures, "header_only": header, "ela": {}},
    }
    sound: dict[str, Any] = {
        "command": "python manage.py evaluate_model all --data set=folder",
        "leaks": [{"file": "a.jpg"}, {"file": "b.jpg"}],
        "sets": {"set": {"protocols": {"equalized": measured}}},
    }
    return sound | changes


def write_results(folder: Path, document: object) -> Path:
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def model_card(store: Path, *arguments: str | Path) -> str:
    out = io.StringIO()
    call_command(
        "model_card",
        "forgery-localizer",
        "--store",
        store,
        *arguments,
        stdout=out,
        stderr=io.StringIO(),
    )
    return (store / "forgery-localizer/1.0.0/card.md").read_text(encoding="utf-8")


@pytest.fixture
def store(localizer_weights: bytes, tmp_path: Path) -> Path:
    publish_localizer(tmp_path / "store", release(localizer_weights))
    return tmp_path / "store"


def test_the_cards_figures_are_those_that_were_measured(
    store: Path, tmp_path: Path
) -> None:
    folder = write_results(tmp_path / "run", results(models=[used(store)]))
    card = model_card(store, "--results", folder)
    row = "| set | **equalized** | localizer | 60 + 70 | 0.812 (0.746-0.879) |"
    assert row in card
    assert (
        "| set | **equalized** | header_only | 60 + 70 | 0.501 (0.450-0.550) |" in card
    )
    assert "| set | **equalized** | splice | 31 | 0.700 (0.600-0.800) | - |" in card
    assert "| set | **equalized** | all | 50 | 0.310 (0.250-0.370) |" in card
    assert "| 0.020 (0.010-0.030) |" in card
    assert "2 test pictures" in card
    assert "python manage.py evaluate_model all --data set=folder" in card
    assert str(tmp_path) not in card
    kept = json.loads((store / "forgery-localizer/1.0.0/evaluation.json").read_text())
    measured = kept[0]["results"]["sets"]["set"]["protocols"]["equalized"]
    assert measured["targets"]["localizer"]["auc"] == ESTIMATE
    assert "roc" not in measured["targets"]["localizer"]


def used(store: Path) -> dict[str, str]:
    """Name the model as `evaluate_model` does."""
    manifest = open_model(store, "forgery-localizer").manifest
    weights = manifest.file("litert")
    assert weights is not None
    return {
        "name": manifest.name,
        "version": manifest.version,
        "sha256": weights.sha256,
    }


@pytest.mark.parametrize("change", [{"version": "0.9.0"}, {"sha256": "0.9.0" * 10}])
def test_results_of_other_weights_are_refused(
    store: Path, tmp_path: Path, change: dict[str, str]
) -> None:
    other = [used(store) | change]
    folder = write_results(tmp_path / "run", results(models=other))
    with pytest.raises(CommandError, match=r"measured with .*0\.9\.0"):
        model_card(store, "--results", folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"sets": {"a": 1}}'])
def test_no_results_break_the_card(store: Path, tmp_path: Path, text: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "results.json").write_text(text, encoding="utf-8")
    try:
        card = model_card(store, "--results", folder)
    except CommandError:
        return
    assert "None measured yet" in card


def test_figures_of_strange_shapes_are_dashes() -> None:
    strange = Evaluation("", {"sets": {"a|b": {"protocols": {"raw": {"targets": 5}}}}})
    odd = results()["sets"]["set"]["protocols"]["equalized"]
    odd["targets"]["localizer"]["auc"] = "high"
    more = Evaluation("", {"sets": {"set": {"protocols": {"raw": odd}}}})
    document = localizer_document(release(b""))
    card = render_localizer_card(document, evaluations=(strange, more))
    assert "| set | as they are | localizer | 60 + 70 | - |" in card


def make_pictures(folder: Path, prefix: str = "") -> Path:
    """Write pictures on which the stand-in, which goes by red, is right and wrong."""
    for name in ("authentic", "tampered", "masks"):
        (folder / name).mkdir(parents=True)
    for number, red in enumerate((20, 40, 230)):
        flat = Image.new("RGB", (128, 96), (red, 90, 90))
        for label in ("authentic", "tampered"):
            file = folder / label / f"{prefix}{label[0]}{number}.png"
            file.write_bytes(encode(flat, "PNG"))
        mask = np.zeros((96, 128), dtype=np.uint8)
        mask[:32, :32] = 255
        file = folder / "masks" / f"{prefix}t{number}.png"
        file.write_bytes(encode(Image.fromarray(mask), "PNG"))
    return folder


def test_failures_are_shown_in_pictures_the_worst_first(
    store: Path, tmp_path: Path
) -> None:
    folder = make_pictures(tmp_path / "free")
    options = ("--pictures", folder, "--pictures-terms", "CC0")
    card = model_card(store, "--failures", "5", *options)
    version = store / "forgery-localizer/1.0.0"
    assert sorted(p.name for p in (version / "failures").iterdir()) == [
        *("01.webp", "02.webp", "03.webp"),
    ]
    assert "6 pictures (3 tampered, 3 not)" in card
    # Dark red tampered ones are missed, bright red untouched ones are accused.
    missed, alarm = card.index("01.webp"), card.index("02.webp")
    assert "Missed: tampered" in card[:missed]
    assert "False alarm: untouched" in card[missed:alarm]
    with Image.open(version / "failures/01.webp") as shown:
        assert shown.size == (3 * 128 + 8, 96)
        left, middle, _right = (
            np.asarray(shown.crop((x, 0, x + 128, 96)).convert("RGB"))
            for x in (0, 132, 264)
        )
    assert abs(int(left[50, 64, 0]) - 20) < 12
    assert middle[10, 10].min() > 240
    assert middle[80, 100].max() < 15
    assert "--failures 5 --pictures free --pictures-terms CC0" in card
    again = model_card(store)
    assert "No pictures of failures" in again
    assert not (version / "failures").exists()


def test_pictures_that_may_not_be_passed_on_never_enter_the_store(
    store: Path, tmp_path: Path
) -> None:
    folder = make_pictures(tmp_path / "mixed", prefix="Tp_S_")
    options = ("--pictures", folder, "--pictures-terms", "CC0")
    with pytest.raises(CommandError, match="may not be passed on"):
        model_card(store, "--failures", "2", *options)
    assert not list(store.rglob("*.webp"))


def test_pictures_made_from_such_pictures_do_not_either(
    store: Path, tmp_path: Path
) -> None:
    folder = make_pictures(tmp_path / "made")
    entry = {"file": "t0.png", "kind": "splice", "sources": ["Au_ani_00018.jpg"]}
    entry["file"] = "tampered/t0.png"
    (folder / "manifest.jsonl").write_text(json.dumps(entry) + "\n")
    options = ("--pictures", folder, "--pictures-terms", "CC0")
    with pytest.raises(CommandError, match="Au_ani_00018"):
        model_card(store, "--failures", "2", *options)
    assert not list(store.rglob("*.webp"))


def test_failures_need_a_folder_and_its_terms(store: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--pictures-terms"):
        model_card(store, "--failures", "2", "--pictures", tmp_path)


def models(store: Path, *arguments: str) -> str:
    out = io.StringIO()
    call_command("models", "--store", store, *arguments, stdout=out)
    return out.getvalue()


def test_models_are_listed_with_their_terms(
    localizer_weights: bytes, store: Path
) -> None:
    terms = account(research_only=True, terms="research only")
    publish_localizer(
        store, release(localizer_weights, version="1.1.0", training=terms)
    )
    assert models(store).splitlines() == [
        "forgery-localizer 1.0.0: localizer, files ok",
        "forgery-localizer 1.1.0: localizer, active, RESEARCH ONLY, files ok",
    ]
    rows = [json.loads(line) for line in models(store, "--json").splitlines()]
    assert [row["research_only"] for row in rows] == [False, True]
    assert rows[1]["terms"] == "research only"


def test_the_calibration_is_listed_with_the_networks(store: Path) -> None:
    path = write_fusion(store)
    row = json.loads(models(store, "--json").splitlines()[1])
    assert (row["name"], row["kind"], row["active"]) == ("fusion", "fusion", True)
    assert (row["research_only"], row["terms"]) == (True, "research only")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CommandError, match="1 of 2"):
        models(store)


def test_a_damaged_model_is_named_and_ends_with_an_error(store: Path) -> None:
    (weights,) = store.rglob("model.tflite")
    weights.unlink()
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("models", "--store", store, stdout=out)
    assert "NOT USABLE" in out.getvalue()


def test_a_broken_manifest_is_listed_too(store: Path) -> None:
    (manifest,) = store.rglob("manifest.json")
    manifest.write_text("{", encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("models", "--store", store, stdout=out)
    assert "unknown kind" in out.getvalue()


def test_an_empty_store_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "empty" in models(tmp_path / "nothing")

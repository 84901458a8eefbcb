"""The whole evaluation by its command, on a data set made on the fly."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from skimage import data as pictures

from forensics.analysis.image import ImageEvidence
from forensics.analysis.pipeline import AnalysisOptions, Pipeline
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Localization,
    NotApplicableError,
)
from forensics.training.benchmark import runner
from forensics.training.benchmark.evaluate import Request, evaluate
from forensics.training.benchmark.leaks import write_hash_list
from forensics.training.benchmark.records import Record
from forensics.training.benchmark.runner import Setup
from forensics.training.progress import silent
from forensics.training.protocols import ProtocolKind
from tests.images import encode, jpeg

ROOT = Path(__file__).resolve().parents[3]
MODEL = "casia-ela-cnn"
NAMES = ("astronaut", "coffee", "chelsea", "rocket")
RED = (255, 0, 0)


def photograph(name: str) -> Image.Image:
    """A photograph that holds no pure red."""
    picture = Image.fromarray(getattr(pictures, name)()).convert("RGB")
    return picture.resize((192, 128)).point(lambda value: value * 4 // 5)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photographs, and each with a red box pasted in; one mask is bad."""
    folder = tmp_path_factory.mktemp("forgeries")
    for part in ("authentic", "tampered", "masks"):
        (folder / part).mkdir()
    for number, name in enumerate(NAMES):
        picture, mask = photograph(name), Image.new("L", (192, 128))
        (folder / "authentic" / f"{name}.jpg").write_bytes(jpeg(picture))
        kind = "S" if number % 2 else "D"
        stem = f"Tp_{kind}_{name}"
        picture.paste(RED, (32, 16, 96, 80))
        mask.paste(255, (32, 16, 96, 80))
        (folder / "tampered" / f"{stem}.jpg").write_bytes(jpeg(picture, quality=95))
        if number:
            mask.save(folder / "masks" / f"{stem}_gt.png")
    (folder / "masks" / "Tp_D_astronaut.png").write_bytes(b"no mask")
    (folder / "tampered" / "broken.jpg").write_bytes(jpeg()[:500])
    return folder


def command(dataset: Path, output: Path, *more: str, processes: int = 1) -> str:
    shown = StringIO()
    call_command(
        "evaluate_model",
        "--data",
        f"forged={dataset}",
        "--output",
        str(output),
        "--processes",
        str(processes),
        *more,
        stdout=shown,
        stderr=StringIO(),
    )
    return shown.getvalue()


def results_of(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / "results.json").read_bytes())
    return found


def without_times(output: Path) -> dict[str, Any]:
    found = results_of(output)
    for part in found["sets"].values():
        for figures in part["protocols"].values():
            del figures["seconds"]
    return {name: found[name] for name in ("sets", "leaks", "models", "run")}


@pytest.fixture(scope="module")
def unbroken(
    dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A run of all protocols and what it wrote to the terminal."""
    output = tmp_path_factory.mktemp("unbroken") / "new"
    return output, command(dataset, output)


def test_all_protocols_and_signals_are_measured(unbroken: tuple[Path, str]) -> None:
    output, shown = unbroken
    found = results_of(output)["sets"]["forged"]
    assert found["kinds"] == {
        "copy_move": 2,
        "splice": 2,
        "tampered": 1,
        "untouched": 4,
    }
    assert list(found["protocols"]) == [kind.value for kind in ProtocolKind]
    for figures in found["protocols"].values():
        assert figures["n"] == {"fake": 4, "authentic": 4}
        assert figures["refused"] == {"forged/tampered/broken.jpg": "truncated"}
        assert figures["refused_by_class"] == {"fake": 1, "authentic": 0}
        assert figures["seconds"]["mean"] > 0
        verdict = figures["targets"]["verdict"]
        for name in ("auc", "recall_at_5_percent", "balanced_accuracy", "ece"):
            one = verdict[name]
            assert 0 <= one["low"] <= one["high"] <= 1
        assert set(verdict["kinds"]) == {"copy_move", "splice"}
        assert len(verdict["worst"]["misses"]) == 4
        assert {"cnn", "header_only"} <= set(figures["targets"])
    assert "forged, equalized: 4 fakes, 4 authentic" in shown
    assert "lists no training pictures" not in shown
    assert "refused by the pipeline, in no figure: 1 fakes" in shown


def test_the_bare_header_betrays_the_raw_files_only(
    unbroken: tuple[Path, str],
) -> None:
    found = results_of(unbroken[0])["sets"]["forged"]["protocols"]
    assert found["raw"]["targets"]["header_only"]["auc"]["value"] == 1.0
    shared = found["shared_online"]["targets"]["header_only"]["auc"]["value"]
    assert shared == 0.5


def test_records_can_be_read_line_by_line(unbroken: tuple[Path, str]) -> None:
    text = (unbroken[0] / "records.jsonl").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    assert len(lines) == 9 * 4
    assert [Record.from_line(line).to_line() for line in lines] == lines
    sizes = {}
    for line in lines:
        entry = json.loads(line)
        if entry["name"] == "coffee.jpg":
            assert set(entry["signals"]) == set(entry["findings"])
            sizes[entry["protocol"]] = (entry["width"], entry["height"])
    assert sizes["raw"] == sizes["recompressed"] == (192, 128)
    assert sizes["shared_online"] == (144, 96)
    assert 0.8 * 192 - 1 <= sizes["equalized"][0] <= 0.95 * 192 + 1


def test_the_page_asks_no_other_machine_and_shows_the_figures(
    unbroken: tuple[Path, str],
) -> None:
    page = (unbroken[0] / "index.html").read_text(encoding="utf-8")
    assert "://" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "@import" not in page
    assert page.count("<svg") == 4
    used = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", page))
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert used <= set(identifiers)
    assert len(identifiers) == len(set(identifiers))
    found = results_of(unbroken[0])["sets"]["forged"]["protocols"]["equalized"]
    assert f"{found['targets']['verdict']['auc']['value']:.3f} <small>" in page
    assert "forged/tampered/Tp_S_coffee.jpg" in page


def test_a_broken_run_goes_on_and_ends_like_an_unbroken_one(
    dataset: Path, unbroken: tuple[Path, str], tmp_path: Path
) -> None:
    whole, output = unbroken[0], tmp_path / "broken"
    lines = (whole / "records.jsonl").read_text(encoding="utf-8").splitlines(True)
    output.mkdir()
    (output / "run.json").write_bytes((whole / "run.json").read_bytes())
    # Killed in the middle of a line.
    (output / "records.jsonl").write_text("".join(lines[:30]) + lines[30][:70])
    with pytest.raises(CommandError, match="--resume to go on"):
        command(dataset, output)
    with pytest.raises(CommandError, match="another pipeline, model or seed"):
        command(dataset, output, "--resume", "--seed", "5")
    command(dataset, output, "--resume")
    assert without_times(output) == without_times(whole)
    kept = (output / "records.jsonl").read_text(encoding="utf-8").splitlines(True)
    assert set(lines[:30]) <= set(kept)
    assert len(kept) == len(lines)


def test_a_picture_made_anew_under_its_name_is_measured_anew(
    dataset: Path, tmp_path: Path
) -> None:
    folder, output = tmp_path / "data", tmp_path / "run"
    shutil.copytree(dataset, folder)
    options = ("header_only", "--protocols", "raw")
    command(folder, output, *options)
    name = "authentic/coffee.jpg"
    before = {r["file"]: r for r in lines_of(output)}
    (folder / name).write_bytes(jpeg(photograph("coffee"), quality=40))
    command(folder, output, *options, "--resume")
    after = {r["file"]: r for r in lines_of(output)}
    changed = [file for file in before if before[file] != after[file]]
    assert changed == [name]
    assert before[name]["digest"] != after[name]["digest"]


def lines_of(output: Path) -> list[dict[str, Any]]:
    text = (output / "records.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_two_processes_find_what_one_finds(
    dataset: Path, unbroken: tuple[Path, str], tmp_path: Path
) -> None:
    output = tmp_path / "two"
    command(dataset, output, "--protocols", "equalized", processes=2)
    alone = without_times(unbroken[0])["sets"]["forged"]["protocols"]["equalized"]
    found = without_times(output)["sets"]["forged"]["protocols"]
    assert found == {"equalized": alone}


@pytest.fixture
def store_that_lists(tmp_path: Path) -> Path:
    """The shipped model, with a list of pictures it is said to know."""
    seen = tmp_path / "seen.png"
    smaller = photograph("chelsea").resize((150, 100))
    seen.write_bytes(encode(smaller.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"))
    listed = write_hash_list([seen])
    shipped = ROOT / "models_store" / MODEL / "1.0.0"
    folder = tmp_path / "store" / MODEL / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "model.tflite").symlink_to(shipped / "model.tflite")
    manifest = json.loads((shipped / "manifest.json").read_bytes())
    manifest["files"]["training.hashes"] = {
        "role": "training_hashes",
        "sha256": hashlib.sha256(listed).hexdigest(),
        "bytes": len(listed),
        "required": False,
    }
    (folder / "training.hashes").write_bytes(listed)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path / "store"


def test_a_picture_known_from_training_is_refused_by_name(
    dataset: Path, tmp_path: Path, store_that_lists: Path, settings: Any
) -> None:
    settings.MODEL_STORE = store_that_lists
    output = tmp_path / "out"
    shown = command(dataset, output, "--protocols", "raw")
    refused = ["authentic/chelsea.jpg", "tampered/Tp_D_chelsea.jpg"]
    found = results_of(output)
    assert [leak["file"] for leak in found["leaks"]] == refused
    assert found["models"][0]["training_pictures"] == 1
    assert "2 pictures were refused as known from training:" in shown
    assert all(f"forged/{name}: seen.png ({MODEL} 1.0.0)" in shown for name in refused)
    part = found["sets"]["forged"]
    assert part["protocols"]["raw"]["n"] == {"fake": 3, "authentic": 3}
    assert "chelsea" not in (output / "records.jsonl").read_text(encoding="utf-8")
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "forged/tampered/Tp_D_chelsea.jpg" in page
    with pytest.raises(CommandError, match=r"Tp_D_chelsea\.jpg: \d+ of 64 bits"):
        command(dataset, tmp_path / "strict", "--fail-on-leak")
    assert not (tmp_path / "strict").exists()


def test_what_failed_is_tried_again_and_what_is_refused_is_not(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_memory(_data: bytes, _media_type: str) -> str:
        raise MemoryError

    options = ("header_only", "--protocols", "raw")
    with monkeypatch.context() as lacking:
        lacking.setattr(runner, "header_digest", without_memory)
        shown = command(dataset, tmp_path, *options)
    assert "refused by the pipeline, in no figure: 5 fakes, 4 authentic" in shown
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<td>5 fakes, 4 authentic</td>" in page
    command(dataset, tmp_path, *options, "--resume")
    figures = results_of(tmp_path)["sets"]["forged"]["protocols"]["raw"]
    assert figures["n"] == {"fake": 4, "authentic": 4}
    assert figures["refused"] == {"forged/tampered/broken.jpg": "truncated"}


def test_a_changed_list_of_training_pictures_stops_the_evaluation(
    dataset: Path, tmp_path: Path, store_that_lists: Path, settings: Any
) -> None:
    settings.MODEL_STORE = store_that_lists
    (store_that_lists / MODEL / "1.0.0" / "training.hashes").write_bytes(b"")
    with pytest.raises(CommandError, match="list of training pictures was changed"):
        command(dataset, tmp_path / "out")


def test_further_lists_exclude_as_well(dataset: Path, tmp_path: Path) -> None:
    known = tmp_path / "calibration.hashes"
    known.write_bytes(write_hash_list([dataset / "authentic" / "rocket.jpg"]))
    more = ("--exclude-known", str(known), "--protocols", "raw")
    command(dataset, tmp_path / "out", "header_only", *more)
    found = results_of(tmp_path / "out")
    assert {leak["list"] for leak in found["leaks"]} == {"calibration.hashes"}
    assert {leak["known"] for leak in found["leaks"]} == {"rocket.jpg"}
    targets = found["sets"]["forged"]["protocols"]["raw"]["targets"]
    assert list(targets) == ["header_only"]
    every = tmp_path / "all.hashes"
    every.write_bytes(write_hash_list(sorted((dataset / "authentic").iterdir())))
    # The broken file is nobody's duplicate.
    command(dataset, tmp_path / "none", "--exclude-known", str(every))
    figures = results_of(tmp_path / "none")["sets"]["forged"]["protocols"]["raw"]
    assert figures["n"] == {"fake": 0, "authentic": 0}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("copy_paste",), "The pipeline has no copy_paste; it has ela, "),
        (("--data", "x=a", "x=b"), "give each set a name"),
        (("--data", "absent"), "absent is not a folder"),
        (("localizer", "--model", "absent"), "no active version of absent"),
        (("--model", "absent@1.0.0"), "absent/1.0.0"),
        (("--exclude-known", "absent.hashes"), "absent.hashes: No such file"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_words(
    dataset: Path, tmp_path: Path, more: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        command(dataset, tmp_path / "out", *more)


@dataclass(frozen=True)
class RedFinder:
    """Answers what is known of `dataset`: where it is red, it was edited."""

    name: str = "localizer"
    version: str = "1"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        pixels = np.asarray(evidence.pixels, dtype=int)
        red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60) & (pixels[..., 2] < 60)
        if pixels[0, 0].sum() > 500:
            raise NotApplicableError("Too bright a corner.")
        cells = red[: red.shape[0] // 8 * 8, : red.shape[1] // 8 * 8]
        cells = cells.reshape(cells.shape[0] // 8, 8, -1, 8).mean(axis=(1, 3))
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary="Red.",
            score=0.5,
            codes=("local_inconsistency",) if red.any() else (),
            data={"signal": 1000.0 * float(red.mean())},
            localization=Localization(cells.astype(np.float32), 8),
        )


def test_a_detector_that_is_right_gets_the_figures_of_one(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = Pipeline((RedFinder(),))
    monkeypatch.setattr(runner, "build_pipeline", lambda _options: finder)
    request = Request(
        # Options of its own: pipelines are kept for the life of a process.
        setup=Setup(AnalysisOptions(ela_quality=77), only="localizer"),
        data={"forged": dataset, "again": dataset},
        output=tmp_path / "out",
        protocols=(ProtocolKind.RAW, ProtocolKind.EQUALIZED),
        seed=1,
        command="python manage.py evaluate_model localizer",
        created="2026-11-24",
        targets=("localizer",),
    )
    found = evaluate(request, progress=silent)
    assert set(found["sets"]) == {"forged", "again", "all sets together"}
    for part in found["sets"].values():
        assert part["masks"] == {
            name: number * (2 if part["pictures"] == 18 else 1)
            for name, number in (("bad", 1), ("found", 3), ("none", 1))
        }
    own = found["sets"]["forged"]["protocols"]["raw"]["targets"]["localizer"]
    assert own["auc"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert own["balanced_accuracy"]["value"] == own["recall"]["value"] == 1.0
    assert own["false_alarms"]["value"] == 0.0
    places = own["localization"]
    assert places["n"] == 3
    assert places["f1"]["value"] == places["iou"]["value"] == 1.0
    assert places["marked_untouched"]["value"] == 0.0
    assert set(places["kinds"]) == {"copy_move", "splice"}
    resized = found["sets"]["forged"]["protocols"]["equalized"]["targets"]["localizer"]
    # The mask follows the picture; cells on the box's border cost a little.
    assert resized["localization"]["f1"]["value"] > 0.85

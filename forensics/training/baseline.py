"""Trains, calibrates, measures and publishes the field's baseline network."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.analysis.keras_weights import read_keras_weights
from forensics.analysis.network import (
    MODEL_NAME,
    LiteRtNetwork,
    build_keras_model,
)
from forensics.training import evaluation
from forensics.training.benchmark.leaks import write_hash_list
from forensics.training.datasets import Label, read_dataset
from forensics.training.fit import (
    DEPARTURES,
    Checkpoints,
    Examples,
    Recipe,
    RunState,
    best_weights,
    fit,
)
from forensics.training.grouping import (
    NEAR_DUPLICATE_BITS,
    SHARES,
    Split,
    SplitPlan,
    group_by_source,
    plan_splits,
)
from forensics.training.inputs import Inputs, prepare_inputs
from forensics.training.metrics import RESAMPLES
from forensics.training.protocols import raw
from forensics.training.provenance import Provenance
from forensics.training.publication import THRESHOLD, Story, Weights, publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forensics.analysis.types import Json
    from forensics.training.metrics import Calibration
    from forensics.training.progress import Progress

_SILENT = (
    " It cannot be told from zero there, so the network adds nothing to a verdict."
)
_AREA_WORDS = (
    (0.60, "it hardly counts"),
    (0.75, "it counts for little"),
    (math.inf, "expect less on pictures of other kinds"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What to train on, how, and where to put it.

    ``also`` names further data sets to measure on, ``about`` says what people know
    of all of them; ``command`` and ``created`` are recorded as given.
    """

    data: Path
    store: Path
    work: Path
    version: str
    recipe: Recipe
    command: str
    created: str
    resume: bool = False
    replace: bool = False
    also: Mapping[str, Path] = field(default_factory=dict)
    about: Provenance = field(default_factory=Provenance)


def train_baseline(request: Request, *, progress: Progress) -> Path:
    """Do the whole of it and return the version's folder in the store.

    Raises
    ------
    DatasetError, CheckpointError, ModelExistsError
        See `read_dataset`, `fit` and `publish`.
    """
    inputs = prepare_inputs(
        read_dataset(request.data), request.work, protocol=raw(), progress=progress
    )
    plan = split_by_source(inputs, seed=request.recipe.seed)
    state = _fit(request, inputs, plan, progress)
    model = build_keras_model()
    model.set_weights(read_keras_weights(best_weights(request.work, state)))
    weights = Weights.of(model)
    bench = evaluation.Bench(
        network=LiteRtNetwork(weights.litert),
        threshold=THRESHOLD,
        seed=request.recipe.seed,
        work=request.work,
        progress=progress,
    )
    story = _story(request, inputs, plan, state, bench)
    return publish(
        request.store,
        story,
        weights,
        hashes=known_pictures(inputs, plan),
        replace=request.replace,
    )


def known_pictures(inputs: Inputs, plan: SplitPlan) -> bytes:
    """List the pictures that the version has seen, for evaluations to refuse.

    The validation pictures chose the epoch and the calibration: known, too.
    """
    seen = plan.indices(Split.TRAIN) + plan.indices(Split.VALIDATION)
    return write_hash_list(inputs.samples[index] for index in sorted(seen))


def split_by_source(inputs: Inputs, *, seed: int) -> SplitPlan:
    """Group the pictures by source and deal the groups to the splits."""
    groups = group_by_source(inputs.samples, inputs.hashes)
    return plan_splits(inputs.samples, groups, seed=seed)


def run_fingerprint(inputs: Inputs, plan: SplitPlan, recipe: Recipe) -> str:
    """Identify a run by its pictures, their splits and the recipe.

    The patience is left out: it decides when to stop, not what an epoch computes.
    """
    steps = {k: v for k, v in asdict(recipe).items() if k != "patience"}
    pictures = [
        [sample.label.value, sample.name, int(digest), split.value]
        for sample, digest, split in zip(
            inputs.samples, inputs.hashes, plan.splits, strict=True
        )
    ]
    text = json.dumps([steps, pictures])
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _fit(
    request: Request, inputs: Inputs, plan: SplitPlan, progress: Progress
) -> RunState:
    examples = Examples(
        pixels=inputs.pixels,
        fake=evaluation.truth_of(inputs.samples),
        train=plan.indices(Split.TRAIN),
        validation=plan.indices(Split.VALIDATION),
    )
    return fit(
        examples,
        request.recipe,
        Checkpoints(
            folder=request.work,
            fingerprint=run_fingerprint(inputs, plan, request.recipe),
            resume=request.resume,
        ),
        progress=progress,
    )


def _story(
    request: Request,
    inputs: Inputs,
    plan: SplitPlan,
    state: RunState,
    bench: evaluation.Bench,
) -> Story:
    validation = _part(inputs, plan.indices(Split.VALIDATION))
    calibration = evaluation.calibrate_on(bench, validation.samples)
    sets = _measure(request, inputs, plan, bench)
    return Story(
        name=MODEL_NAME,
        version=request.version,
        origin="trained",
        created=request.created,
        command=request.command,
        training=_training(request, inputs, state),
        calibration=calibration,
        calibration_protocol=_calibration_words(validation, calibration),
        limits=_limits(request.about, sets),
        splits=split_account(inputs, plan, request.recipe.seed),
        metrics={
            "how": (
                f"Measured on {request.created} with the shipped LiteRT file by the "
                f"command below; 95 % intervals from {RESAMPLES} bootstrap samples. "
                "*Equalized*: every picture, of both classes, resized by a seeded "
                "factor of 0.80-0.95 (Lanczos), then JPEG at a seeded quality of "
                "75-95 and chroma subsampling, metadata dropped: what remains is "
                "what the pixels themselves say."
            ),
            "sets": sets,
        },
    )


def _measure(
    request: Request, inputs: Inputs, plan: SplitPlan, bench: evaluation.Bench
) -> dict[str, Json]:
    train = _part(inputs, plan.indices(Split.TRAIN))
    test = _part(inputs, plan.indices(Split.TEST))
    # The validation pictures chose the epoch and the calibration: known, too.
    known = _part(inputs, plan.indices(Split.TRAIN) + plan.indices(Split.VALIDATION))
    sets: dict[str, Json] = {
        "source-grouped test split": {
            "protocols": evaluation.measure_set(bench, test.samples),
            "header_only_auc": evaluation.header_only_on_split(
                train.samples, test.samples, seed=bench.seed
            ),
        }
    }
    for name, folder in request.also.items():
        measured = evaluation.measure_foreign(bench, folder, known)
        sets[name] = {"note": request.about.sets.get(name, ""), **measured}
    return sets


def _part(inputs: Inputs, indices: list[int]) -> Inputs:
    return Inputs(
        samples=tuple(inputs.samples[i] for i in indices),
        pixels=inputs.pixels,
        hashes=inputs.hashes[np.array(indices, dtype=np.intp)],
        refused=(),
    )


def _training(request: Request, inputs: Inputs, state: RunState) -> dict[str, Json]:
    counts = Counter(sample.label for sample in inputs.samples)
    about = request.about.training(
        tampered=counts[Label.FAKE], authentic=counts[Label.AUTHENTIC]
    )
    return {
        **about,
        "unreadable": len(inputs.refused),
        "recipe": _recipe(request.recipe, state),
    }


def _recipe(recipe: Recipe, state: RunState) -> dict[str, Json]:
    best = state.best
    return {
        "optimizer": f"Adam, rate {recipe.learning_rate}, decay rate / {recipe.epochs}",
        "loss": "binary_crossentropy on the softmax outputs, classes balanced",
        "batch": recipe.batch_size,
        "early_stopping": (
            f"validation accuracy (classes balanced), patience {recipe.patience}"
        ),
        "epochs": (
            f"{state.epoch} of at most {recipe.epochs}; kept: {best.epoch}, "
            f"validation accuracy {best.validation_balanced_accuracy:.3f}"
        ),
        "seed": recipe.seed,
        "departures_from_the_field": "; ".join(DEPARTURES),
    }


def split_account(inputs: Inputs, plan: SplitPlan, seed: int) -> dict[str, Json]:
    """Say in the manifest's terms how the pictures were split."""
    counts: dict[str, Json] = {}
    for split in Split:
        indices = plan.indices(split)
        labels = Counter(inputs.samples[i].label for i in indices)
        counts[split.value] = {
            "fake": labels[Label.FAKE],
            "authentic": labels[Label.AUTHENTIC],
            "groups": len({plan.groups[i] for i in indices}),
        }
    shares = ", ".join(f"{split} {share:.0%}" for split, share in SHARES.items())
    return {
        "rule": (
            "whole groups of pictures that share a source by CASIA's file names, or "
            f"differ in at most {NEAR_DUPLICATE_BITS} of 64 bits of a perceptual "
            f"hash ({shares})."
        ),
        "seed": seed,
        "counts": counts,
    }


def _calibration_words(validation: Inputs, calibration: Calibration) -> str:
    silent = calibration.slope == 0
    return (
        f"Fitted on {evaluation.CALIBRATION_DRAWS} equalized copies of each of the "
        f"{len(validation.samples)} validation pictures, both classes weighing the "
        "same; the slope is the lower end of its 95 % bootstrap interval, not below 0."
        f"{_SILENT if silent else ''}"
    )


def _limits(about: Provenance, sets: Mapping[str, Any]) -> str:
    """Say what it was trained on, and from the figures what they mean."""
    words = [about.sentence()]
    name, own = next(iter(sets.items()))
    for set_name, measured in sets.items():
        if "auc" in measured["protocols"]["equalized"]:
            name, own = set_name, measured
    area = own["protocols"]["equalized"]["auc"]["value"]
    meaning = next(text for bound, text in _AREA_WORDS if area < bound)
    words.append(
        f"With both classes re-encoded alike its AUC on the {name} pictures is "
        f"{area:.2f}, where 0.5 is a coin toss: {meaning}."
    )
    return " ".join(words)

"""Fits the localizer step by step; checkpoints let a killed run go on."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.network import import_keras
from forensics.training.errors import CheckpointError
from forensics.training.localizer.batches import (
    Batch,
    Examples,
    Feed,
    Flow,
    Mixture,
    again,
)
from forensics.training.localizer.losses import (
    evidence_loss,
    mask_loss,
    pooled_logit,
)
from forensics.training.localizer.network import build_localizer, load_pretrained
from forensics.training.metrics import area_under_curve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.keras_model import KerasModel
    from forensics.training.progress import Progress

logger = logging.getLogger(__name__)
_STATE = "state.json"
_SHIFTS = np.arange(-4.0, 4.01, 0.2)
_FROZEN = ("rgb_stem", "rgb_0_", "rgb_1_", "rgb_2_")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run. ``side`` is of the crops in px, a multiple of 32.

    Each crop is shown ``times`` times.
    """

    seed: int
    steps: int = 6000
    batch: int = 16
    side: int = 256
    rate: float = 8e-4
    warm_up: int = 300
    weight_decay: float = 1e-4
    every: int = 500
    validation: int = 480
    processes: int = 2
    times: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run keeps its state, and what it starts from.

    ``pretrained`` is EfficientNet-Lite0's checkpoint, ``start`` the weights of an
    earlier localizer; at most one is given.
    """

    folder: Path
    resume: bool
    pretrained: Path | None = None
    start: Path | None = None


@dataclass(slots=True)
class State:
    """Where a run stands: steps done, and what each checkpoint measured.

    ``weights`` names the checkpoint's file, whose name says its steps; ``mask_shift``
    is what the finished model's mask was shifted by after the last measurement.
    """

    fingerprint: str
    steps: int = 0
    weights: str = ""
    mask_shift: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


def fit(
    learn: Mixture, check: Mixture, recipe: Recipe, run: Run, *, progress: Progress
) -> tuple[KerasModel, State]:
    """Train, with averaged weights at the end; measure at every checkpoint.

    Parameters
    ----------
    learn, check : Mixture
        To learn from, and to watch by; of different source pictures.

    Returns
    -------
    tuple of KerasModel, State
        The model holds the averaged weights of the last step.

    Raises
    ------
    CheckpointError
        Where the checkpoint to go on from is another run's.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    state = _state(_fingerprint(learn, check, recipe, run), run)
    model = _compiled(recipe, run)
    if state.steps:
        model.optimizer.build(model.trainable_variables)
        model.load_weights(run.folder / state.weights)
    watched = _validation(check, recipe)
    _note(model, watched, state, run.folder)
    while state.steps < recipe.steps:
        _advance(model, learn, recipe, state, progress)
        _save(model, state, run.folder)
        _note(model, watched, state, run.folder)
    _take_average(model)
    state.mask_shift = centre_mask(model, watched)
    return model, state


def centre_mask(model: KerasModel, batches: list[Batch]) -> float:
    """Shift the mask's bias so that 0.5 is the threshold that marks forgeries best.

    The loss weighs edited cells, so that the network's own 0.5 means little. By F1
    over the cells of all crops together: marks on untouched ones count against it.

    Returns
    -------
    float
        What was taken from the logits: nothing where no threshold between marking
        all and marking none is better than both.
    """
    truth = np.concatenate([(batch.mask > 0.5).ravel() for batch in batches])
    said = [model.predict_on_batch(batch.inputs())["mask"] for batch in batches]
    logits = np.concatenate([np.asarray(one).ravel() for one in said])
    found = [_f1(truth, logits > shift) for shift in _SHIFTS]
    best = int(np.argmax(found))
    if not 0 < best < len(_SHIFTS) - 1 or found[best] <= _f1(truth, truth | True):
        return 0.0
    shift = float(_SHIFTS[best])
    layer = next(layer for layer in model.layers if layer.name == "mask")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias - np.float32(shift)])
    logger.info("mask shifted by %.2f: F1 over all cells %.4f", shift, found[best])
    return shift


def measure(model: KerasModel, batches: list[Batch]) -> dict[str, float]:
    """AUC of the pooled score, and of the cells of tampered crops; pixel F1 at .5."""
    scores, labels, cell_scores, cell_labels, f1 = [], [], [], [], []
    for batch in batches:
        said = model.predict_on_batch(batch.inputs())
        scores.append(np.asarray(pooled_logit(said["evidence"])))
        edited = batch.mask.sum(axis=(1, 2, 3))
        labels.append(edited > 2)
        for row in np.flatnonzero(edited > 2):
            truth = batch.mask[row].ravel() > 0.5
            guess = said["mask"][row].ravel()
            cell_scores.append(guess[::4])
            cell_labels.append(truth[::4])
            f1.append(_f1(truth, guess > 0))
    return {
        "auc": area_under_curve(np.concatenate(labels), np.concatenate(scores)),
        "cell_auc": area_under_curve(
            np.concatenate(cell_labels), np.concatenate(cell_scores)
        ),
        "f1": float(np.mean(f1)),
    }


def _f1(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> float:
    both = np.sum(truth & guess)
    return float(2 * both / max(1, truth.sum() + guess.sum()))


def _note(model: KerasModel, watched: list[Batch], state: State, folder: Path) -> None:
    """Measure a checkpoint, where a kill has not left it measured already."""
    if state.steps == (state.history[-1]["step"] if state.history else 0):
        return
    with _averaged(model):
        state.history.append({"step": state.steps, **measure(model, watched)})
    logger.info("%s", state.history[-1])
    _save_state(state, folder)


def _fingerprint(learn: Mixture, check: Mixture, recipe: Recipe, run: Run) -> str:
    """Spell everything that a step of the run depends on, and what watches it."""
    said: Mapping[str, object] = {
        "recipe": {k: v for k, v in asdict(recipe).items() if k != "processes"},
        "learn": _contents(learn),
        "check": _contents(check),
        "pretrained": run.pretrained.name if run.pretrained else None,
        # All versions name their weights alike: their folders tell them apart.
        "start": run.start.resolve().parts[-3:] if run.start else None,
    }
    return json.dumps(said, sort_keys=True)


def _contents(mixture: Mixture) -> dict[str, object]:
    return {
        "pictures": sorted(path.name for path in mixture.photographs),
        "labelled": sorted(folder.name for folder in mixture.labelled),
        "known": sorted(mixture.known),
        "share": mixture.share,
        "least_view": mixture.least_view,
        "developed": mixture.developed,
        "kinds": {kind.value: weight for kind, weight in mixture.kinds.items()},
    }


def _state(fingerprint: str, run: Run) -> State:
    path = run.folder / _STATE
    if not (run.resume and path.exists()):
        return State(fingerprint)
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored.get("fingerprint") != fingerprint:
        raise CheckpointError.other_run(run.folder)
    return State(**stored)


def _compiled(recipe: Recipe, run: Run) -> KerasModel:
    keras = import_keras()
    model = build_localizer(side=recipe.side, seed=recipe.seed)
    if run.pretrained is not None:
        load_pretrained(model, run.pretrained)
    if run.start is not None:
        model.load_weights(run.start)
    for layer in model.layers:
        if layer.name.startswith(_FROZEN):
            layer.trainable = False
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.rate / 20,
        decay_steps=max(1, recipe.steps - recipe.warm_up),
        warmup_target=recipe.rate,
        warmup_steps=recipe.warm_up,
        alpha=0.02,
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(
            rate,
            weight_decay=recipe.weight_decay,
            clipnorm=1.0,
            use_ema=True,
            ema_momentum=0.997,
        ),
        loss={"mask": mask_loss, "evidence": evidence_loss},
        # TensorFlow is five times slower with it here; JAX without it runs each
        # operation by itself, some seconds a step.
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


def _advance(
    model: KerasModel,
    learn: Mixture,
    recipe: Recipe,
    state: State,
    progress: Progress,
) -> None:
    """Take the steps up to the next checkpoint, from batches of its own seed."""
    count = min(recipe.every, recipe.steps - state.steps)
    flow = Flow(learn, side=recipe.side, size=recipe.batch, seed=recipe.seed)
    feed = Feed(flow, start=state.steps * recipe.batch, processes=recipe.processes)
    batches = again(feed, times=recipe.times, seed=recipe.seed + state.steps)
    started, losses = time.monotonic(), []
    try:
        label = f"steps to {state.steps + count} of {recipe.steps}"
        for _number, batch in progress(
            zip(range(count), batches, strict=False), total=count, label=label
        ):
            said = model.train_on_batch(
                batch.inputs(), {"mask": batch.mask, "evidence": batch.mask}
            )
            losses.append([float(value) for value in said])
    finally:
        feed.close()
    state.steps += count
    mean = np.mean(losses, axis=0).round(4).tolist()
    pace = count * recipe.batch / (time.monotonic() - started)
    logger.info("step %d: loss %s, %.1f crops/s", state.steps, mean, pace)


def _validation(check: Mixture, recipe: Recipe) -> list[Batch]:
    examples = Examples(check, side=recipe.side, seed=recipe.seed + 1)
    return [
        examples.batch(range(first, first + recipe.batch))
        for first in range(0, recipe.validation, recipe.batch)
    ]


def _take_average(model: KerasModel) -> None:
    """Set the weights to their running average."""
    model.optimizer.finalize_variable_values(model.trainable_variables)
    for variable in model.trainable_variables:
        # Otherwise JAX lets both share one buffer, and the next call gives it away.
        variable.assign(np.array(variable))


class _averaged:  # noqa: N801 - reads as a statement
    """Measure with the averaged weights, then take the current ones back."""

    def __init__(self, model: KerasModel) -> None:
        self._model = model

    def __enter__(self) -> None:
        self._kept = [np.array(v) for v in self._model.trainable_variables]
        _take_average(self._model)

    def __exit__(self, *_error: object) -> None:
        for variable, value in zip(
            self._model.trainable_variables, self._kept, strict=True
        ):
            variable.assign(value)


def _save(model: KerasModel, state: State, folder: Path) -> None:
    """Weights first, then the state that names them, then the tidying up."""
    part = folder / "saving.weights.h5"
    model.save_weights(part)
    state.weights = f"step-{state.steps:07d}.weights.h5"
    part.replace(folder / state.weights)
    _save_state(state, folder)
    for path in folder.glob("step-*.weights.h5"):
        if path.name != state.weights:
            path.unlink()


def _save_state(state: State, folder: Path) -> None:
    part = folder / f"{_STATE}.part"
    part.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
    part.replace(folder / _STATE)

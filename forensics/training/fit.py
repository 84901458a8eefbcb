"""Fits the baseline network, an epoch at a time, so that a killed run goes on."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.network import (
    as_floats,
    build_keras_model,
    import_keras,
)
from forensics.training.errors import CheckpointError
from forensics.training.metrics import balanced_accuracy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.keras_model import KerasModel
    from forensics.training.progress import Progress

logger = logging.getLogger(__name__)
_STATE = "state.json"
DEPARTURES = (
    "both classes weigh the same in the loss, since a data set may hold several times "
    "more of one and a network that always answers with it would look good",
    "early stopping watches the balanced validation accuracy, for the same reason",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The optimizer's settings: those that the field's open-source tools share.

    The fit differs from theirs in `DEPARTURES`.
    """

    seed: int
    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 1e-4
    patience: int = 2


@dataclass(frozen=True, slots=True)
class Examples:
    """Inputs with labels, and which of them to learn from and to stop by.

    ``pixels`` is uint8 of shape (n, 128, 128, 3), ``fake`` bool of shape (n,).
    """

    pixels: NDArray[np.uint8]
    fake: NDArray[np.bool_]
    train: Sequence[int]
    validation: Sequence[int]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where a run keeps its state, which run it is, and whether to go on from there.

    ``fingerprint`` identifies data, split and recipe; another one is not resumed.
    """

    folder: Path
    fingerprint: str
    resume: bool


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What one epoch came to."""

    epoch: int
    loss: float
    validation_balanced_accuracy: float


@dataclass(slots=True)
class RunState:
    """Where a run stands after whole epochs; written beside its weights."""

    fingerprint: str
    history: list[EpochRecord] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    @property
    def best(self) -> EpochRecord:
        """The first epoch of the highest validation accuracy."""
        return max(self.history, key=lambda r: r.validation_balanced_accuracy)

    def is_finished(self, recipe: Recipe) -> bool:
        """Whether the epochs, or the patience, are used up."""
        if not self.history:
            return recipe.epochs == 0
        waited = self.epoch - self.best.epoch
        return self.epoch >= recipe.epochs or waited >= recipe.patience


def fit(
    examples: Examples,
    recipe: Recipe,
    checkpoints: Checkpoints,
    *,
    progress: Progress,
) -> RunState:
    """Train until the validation accuracy stops rising; checkpoint every epoch.

    Both classes weigh the same in the loss and in the monitored accuracy, as the
    data set may hold four times more of one. Shuffling and dropout are seeded by
    epoch, so that a resumed run draws what an uninterrupted one would have.

    Parameters
    ----------
    examples : Examples
        What to learn from.
    recipe : Recipe
        Optimizer settings.
    checkpoints : Checkpoints
        Where to keep them; `best_weights` finds the result there.
    progress : Progress
        Shows the batches of each epoch.

    Raises
    ------
    CheckpointError
        Where the checkpoint to go on from is another run's.
    """
    folder = checkpoints.folder
    folder.mkdir(parents=True, exist_ok=True)
    state = _starting_state(checkpoints)
    if state.is_finished(recipe):
        return state
    model = _compiled(recipe)
    if state.epoch:
        # Without its variables the optimizer could not take the stored ones.
        model.optimizer.build(model.trainable_variables)
        model.load_weights(_weights(folder, state.epoch))
    while not state.is_finished(recipe):
        record = _run_epoch(model, examples, recipe, state.epoch + 1, progress)
        logger.info("Epoch %d: %s", record.epoch, record)
        state.history.append(record)
        _save(model, state, folder)
    return state


def best_weights(folder: Path, state: RunState) -> Path:
    """Path of the best epoch's weights."""
    return _weights(folder, state.best.epoch)


def predict_fake(
    model: KerasModel,
    pixels: NDArray[np.uint8],
    indices: Sequence[int],
    *,
    batch: int = 32,
) -> NDArray[np.float64]:
    """P(fake) of the chosen inputs, by Keras; shape (len(indices),)."""
    parts = [
        model.predict_on_batch(as_floats(pixels[chunk]))[:, 0]
        for chunk in _chunks(np.asarray(indices, dtype=np.intp), batch)
    ]
    return np.concatenate(parts).astype(np.float64)


def _starting_state(checkpoints: Checkpoints) -> RunState:
    path = checkpoints.folder / _STATE
    if not (checkpoints.resume and path.exists()):
        return RunState(checkpoints.fingerprint)
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored["fingerprint"] != checkpoints.fingerprint:
        raise CheckpointError.other_run(checkpoints.folder)
    return RunState(
        checkpoints.fingerprint, [EpochRecord(**r) for r in stored["history"]]
    )


def _compiled(recipe: Recipe) -> KerasModel:
    keras = import_keras()
    keras.utils.set_random_seed(recipe.seed)
    model = build_keras_model()
    # Keras 2's decay=rate/epochs of the published recipe, spelled for Keras 3.
    rate = keras.optimizers.schedules.InverseTimeDecay(
        recipe.learning_rate,
        decay_steps=1,
        decay_rate=recipe.learning_rate / max(1, recipe.epochs),
    )
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=_binary_crossentropy,
        metrics=["accuracy"],
    )
    return model


def _binary_crossentropy(truth: object, probabilities: object) -> object:
    """Binary cross-entropy of the probabilities, as Keras 2 computed it.

    Keras 3 under TensorFlow takes the logits that a softmax leaves on its output
    for a sigmoid's; a fresh tensor carries none.
    """
    keras = import_keras()
    return keras.losses.binary_crossentropy(
        truth, keras.ops.multiply(probabilities, 1.0)
    )


def _run_epoch(
    model: KerasModel,
    examples: Examples,
    recipe: Recipe,
    epoch: int,
    progress: Progress,
) -> EpochRecord:
    _seed_dropout(model, recipe.seed, epoch)
    order = np.random.default_rng([recipe.seed, epoch]).permutation(examples.train)
    weights = _class_weights(examples.fake[np.asarray(examples.train)])
    batches = list(_chunks(order, recipe.batch_size))
    label = f"epoch {epoch}/{recipe.epochs}"
    total = 0.0
    for batch in progress(batches, total=len(batches), label=label):
        fake = examples.fake[batch]
        loss, *_ = model.train_on_batch(
            as_floats(examples.pixels[batch]),
            _one_hot(fake),
            sample_weight=weights[fake.astype(int)],
        )
        total += float(loss) * len(batch)
    mean = total / len(order)
    return EpochRecord(epoch, mean, _validation_accuracy(model, examples))


def _validation_accuracy(model: KerasModel, examples: Examples) -> float:
    guesses = predict_fake(model, examples.pixels, examples.validation)
    truth = examples.fake[np.asarray(examples.validation)]
    return balanced_accuracy(truth, guesses, threshold=0.5)


def _seed_dropout(model: KerasModel, seed: int, epoch: int) -> None:
    for number, layer in enumerate(model.layers):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            generator.state.assign([seed + 1000 * number, epoch])


def _class_weights(fake: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Weights of authentic (0) and fake (1), of mean 1 over the samples."""
    counts = np.array([np.sum(~fake), np.sum(fake)], dtype=np.float64)
    return (len(fake) / (2 * counts)).astype(np.float32)


def _one_hot(fake: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Class 0 is fake, class 1 authentic: the field's order."""
    return np.stack([fake, ~fake], axis=1).astype(np.float32)


def _chunks(order: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _weights(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.weights.h5"


def _save(model: KerasModel, state: RunState, folder: Path) -> None:
    """Weights first, then the state that names them, then the tidying up."""
    part = folder / "saving.weights.h5"
    model.save_weights(part)
    part.replace(_weights(folder, state.epoch))
    state_part = folder / f"{_STATE}.part"
    state_part.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
    state_part.replace(folder / _STATE)
    keep = {_weights(folder, state.epoch), _weights(folder, state.best.epoch)}
    for path in folder.glob("epoch-*.weights.h5"):
        if path not in keep:
            path.unlink()

"""One localizer from pictures to a released version: fit, convert, calibrate, write."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.image import load_evidence
from forensics.analysis.localizer import LocalizerAnalyzer
from forensics.analysis.types import FindingStatus, Limits, NotApplicableError
from forensics.training.benchmark.leaks import write_hash_list
from forensics.training.convert import keras_bytes, localizer_to_litert
from forensics.training.errors import TrainingError
from forensics.training.forgeries import ForgeryGenerator
from forensics.training.localizer.ancestry import (
    joined_hashes,
    read_ancestor,
    refuse_false_freedom,
)
from forensics.training.localizer.fitting import Recipe, Run, State, fit
from forensics.training.localizer.material import Folders, Material, deal
from forensics.training.localizer.network import build_localizer
from forensics.training.localizer_release import (
    LocalizerRelease,
    TrainingAccount,
    publish_localizer,
)
from forensics.training.metrics import Calibration, calibrate
from forensics.training.publication import libraries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.keras_model import KerasModel
    from forensics.training.localizer.ancestry import Ancestor
    from forensics.training.localizer.batches import Mixture
    from forensics.training.progress import Progress
    from forensics.training.provenance import Provenance

logger = logging.getLogger(__name__)
CALIBRATION_PICTURES = 600
_CALIBRATION_SIDE = 512
_UNCALIBRATED = Calibration(slope=1.0, intercept=0.0)
_LIMITS = (
    "It learned from edits made by a program: it is surest of pasted parts that keep "
    "another noise, sharpness or compression, and can miss careful work or what "
    "messengers have compressed away. Flat, blurred or repeated texture can mislead it."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What to train, from what, and where to write it."""

    name: str
    version: str
    folders: Folders
    recipe: Recipe
    run: Run
    store: Path
    about: Provenance
    command: str
    created: str
    replace: bool = False


def train_localizer(request: Request, *, progress: Progress) -> Path:
    """Train, calibrate on pictures of other sources, and write the version.

    Returns
    -------
    Path
        The version's folder.

    Raises
    ------
    TrainingError
        Where pictures are missing, a checkpoint is another run's, the start's account
        is not beside it, or pictures for research only are called free.
    ModelError
        Where the store does not take it.
    """
    material = deal(request.folders, seed=request.recipe.seed)
    start = request.run.start
    ancestor = None if start is None else read_ancestor(start)
    refuse_false_freedom(request.about, ancestor, material.seen)
    model, state = fit(
        material.learn, material.check, request.recipe, request.run, progress=progress
    )
    account = _account(request, material, state, ancestor)
    hashes = joined_hashes(write_hash_list(material.seen), ancestor)
    release = _release(request, account, hashes, _any_size(model))
    found = _calibrated(release, material.check, request.recipe.seed, progress)
    return publish_localizer(request.store, found, replace=request.replace)


def _any_size(model: KerasModel) -> KerasModel:
    free = build_localizer()
    free.set_weights(model.get_weights())
    return free


def _release(
    request: Request, account: TrainingAccount, hashes: bytes, model: KerasModel
) -> LocalizerRelease:
    return LocalizerRelease(
        name=request.name,
        version=request.version,
        created=request.created,
        limits=_LIMITS,
        parameters=model.count_params(),
        training=account,
        calibration=_UNCALIBRATED,
        calibration_protocol="none yet",
        litert=localizer_to_litert(model),
        keras=keras_bytes(model),
        hashes=hashes,
        libraries=libraries(),
    )


def _account(
    request: Request, material: Material, state: State, ancestor: Ancestor | None
) -> TrainingAccount:
    about, learn = request.about, material.learn
    recipe = asdict(request.recipe)
    del recipe["processes"]
    data, terms = about.name or "pictures that were not named", about.terms
    inherited = ancestor is not None and ancestor.research_only
    if ancestor is not None:
        data += f"; started from {ancestor.title}, trained on {ancestor.data}"
        terms += f"; of {ancestor.title}: {ancestor.terms}"
    return TrainingAccount(
        data=data,
        terms=terms,
        research_only=about.research_only or inherited,
        note=about.note,
        commands=[*(ancestor.commands if ancestor else ()), request.command],
        recipe={
            **recipe,
            "photographs": len(learn.photographs),
            "labelled": len(learn.known) if learn.labelled else 0,
            "kinds": {kind.value: weight for kind, weight in learn.kinds.items()},
            "unseen_kinds": sorted(k.value for k in request.folders.unseen_kinds),
            "mask_shift": round(state.mask_shift, 2),
            "history": list(state.history),
        },
    )


def _calibrated(
    release: LocalizerRelease, check: Mixture, seed: int, progress: Progress
) -> LocalizerRelease:
    """Fit the curve from signal to P(fake) with the very file that is shipped."""
    forgeries = ForgeryGenerator(
        check.photographs, side=_CALIBRATION_SIDE, seed=seed + 2, kinds=check.kinds
    )
    numbers = range(CALIBRATION_PICTURES)
    with tempfile.TemporaryDirectory() as folder:
        publish_localizer(Path(folder), release)
        analyzer = LocalizerAnalyzer(Path(folder), release.name)
        shown = progress(numbers, total=len(numbers), label="calibration")
        answers = [_answer(analyzer, forgeries, number) for number in shown]
    answered = [answer for answer in answers if answer is not None]
    truth = np.array([answer.is_fake for answer in answered], dtype=np.bool_)
    if truth.all() or not truth.any():
        raise TrainingError(
            "The calibration needs forged and untouched pictures that the network "
            f"answers; of {len(numbers)} there were {truth.sum()} and "
            f"{(~truth).sum()}. Give more photographs."
        )
    signals = np.array([answer.signal for answer in answered])
    return replace(
        release,
        calibration=calibrate(truth, 1.0 / (1.0 + np.exp(-signals))),
        calibration_protocol=_calibration_words(answered, len(numbers)),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """The signal of one picture; ``sources`` names the photographs in it."""

    is_fake: bool
    signal: float
    sources: tuple[str, ...]


def _answer(
    analyzer: LocalizerAnalyzer, forgeries: ForgeryGenerator, number: int
) -> _Answer | None:
    """Ask the network of one picture; None where it does not apply to it."""
    made = forgeries.make(number)
    try:
        finding = analyzer.analyze(load_evidence(made.data, Limits()))
    except NotApplicableError:
        return None
    signal = finding.data.get("signal")
    if finding.status is FindingStatus.FAILED:
        raise TrainingError(f"The trained network does not run: {finding.summary}")
    if finding.status is not FindingStatus.OK or not isinstance(signal, float):
        return None
    return _Answer(bool(made.mask.any()), signal, made.sources)


def _calibration_words(answered: Sequence[_Answer], made: int) -> str:
    fakes = sum(answer.is_fake for answer in answered)
    sources = {name for answer in answered for name in answer.sources}
    left = made - len(answered)
    aside = f" {left} more were left out: the network does not apply to them."
    return (
        f"Fitted on {fakes} forged and {len(answered) - fakes} untouched pictures, "
        f"made from {len(sources)} photographs that the network did not learn from; "
        f"both classes weighing the same.{aside if left else ''}"
    )

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
from forensics.analysis.types import Limits
from forensics.training.benchmark.leaks import write_hash_list
from forensics.training.convert import keras_bytes, localizer_to_litert
from forensics.training.forgeries import ForgeryGenerator
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
    from collections.abc import Iterator

    from forensics.analysis.keras_model import KerasModel
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
        Where pictures are missing, or a checkpoint is another run's.
    ModelError
        Where the store does not take it.
    """
    material = deal(request.folders, seed=request.recipe.seed)
    model, state = fit(
        material.learn, material.check, request.recipe, request.run, progress=progress
    )
    release = _release(request, material, _any_size(model), state)
    found = _calibrated(release, material.check, request.recipe.seed, progress)
    return publish_localizer(request.store, found, replace=request.replace)


def _any_size(model: KerasModel) -> KerasModel:
    free = build_localizer()
    free.set_weights(model.get_weights())
    return free


def _release(
    request: Request, material: Material, model: KerasModel, state: State
) -> LocalizerRelease:
    return LocalizerRelease(
        name=request.name,
        version=request.version,
        created=request.created,
        limits=_LIMITS,
        parameters=model.count_params(),
        training=_account(request, material, state),
        calibration=_UNCALIBRATED,
        calibration_protocol="none yet",
        litert=localizer_to_litert(model),
        keras=keras_bytes(model),
        hashes=write_hash_list(material.seen),
        libraries=libraries(),
    )


def _account(request: Request, material: Material, state: State) -> TrainingAccount:
    about, learn = request.about, material.learn
    recipe = asdict(request.recipe)
    del recipe["processes"]
    return TrainingAccount(
        data=about.name or "pictures that were not named",
        terms=about.terms,
        research_only=about.research_only,
        note=about.note,
        commands=[request.command],
        recipe={
            **recipe,
            "photographs": len(learn.photographs),
            "labelled": len(learn.known),
            "kinds": {kind.value: weight for kind, weight in learn.kinds.items()},
            "unseen_kinds": sorted(k.value for k in request.folders.unseen_kinds),
            "history": list(state.history),
        },
    )


def _calibrated(
    release: LocalizerRelease, check: Mixture, seed: int, progress: Progress
) -> LocalizerRelease:
    """Fit the curve from signal to P(fake) with the very file that is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        publish_localizer(Path(folder), release)
        analyzer = LocalizerAnalyzer(Path(folder), release.name)
        pairs = list(_signals(analyzer, check, seed, progress))
    truth = np.array([fake for fake, _ in pairs])
    signals = np.array([signal for _, signal in pairs])
    found = calibrate(truth, 1.0 / (1.0 + np.exp(-signals)))
    counts = f"{int(truth.sum())} forged and {int((~truth).sum())} untouched pictures"
    return replace(
        release,
        calibration=found,
        calibration_protocol=(
            f"Fitted on {counts}, made from photographs that the network did not learn "
            "from; both classes weighing the same."
        ),
    )


def _signals(
    analyzer: LocalizerAnalyzer, check: Mixture, seed: int, progress: Progress
) -> Iterator[tuple[bool, float]]:
    forgeries = ForgeryGenerator(
        check.photographs, side=_CALIBRATION_SIDE, seed=seed + 2, kinds=check.kinds
    )
    for index in progress(
        range(CALIBRATION_PICTURES), total=CALIBRATION_PICTURES, label="calibration"
    ):
        made = forgeries.make(index)
        finding = analyzer.analyze(load_evidence(made.data, Limits()))
        signal = finding.data["signal"]
        if isinstance(signal, float):
            yield bool(made.mask.any()), signal

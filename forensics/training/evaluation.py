"""Measures a network on labelled pictures, raw and with both classes made alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forensics.training import header_only, metrics
from forensics.training.datasets import Label, Sample, read_any_dataset
from forensics.training.hashing import EXCLUSION_BITS, near_pairs
from forensics.training.inputs import Inputs, Protocol, prepare_inputs
from forensics.training.protocols import equalized, quality_75, raw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.network import Network
    from forensics.analysis.types import Json
    from forensics.training.progress import Progress

CALIBRATION_DRAWS = 4


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measurement needs: the network, its threshold, a place to work."""

    network: Network
    threshold: float
    seed: int
    work: Path
    progress: Progress

    def probabilities(
        self, samples: Sequence[Sample], protocol: Protocol
    ) -> tuple[metrics.Truth, metrics.Scores]:
        """Truth (True for fakes) and P(fake) of samples under a protocol."""
        inputs = prepare_inputs(
            samples, self.work, protocol=protocol, progress=self.progress
        )
        batches = (inputs.pixels[i : i + 1] for i in range(len(inputs.samples)))
        shown = self.progress(
            batches, total=len(inputs.samples), label=f"network, {protocol.name}"
        )
        rows = [self.network.probabilities(np.asarray(one))[0, 0] for one in shown]
        return truth_of(inputs.samples), np.array(rows)


def truth_of(samples: Sequence[Sample]) -> metrics.Truth:
    """Return an array that is True for fakes."""
    return np.array([sample.label is Label.FAKE for sample in samples])


def measure_set(bench: Bench, samples: Sequence[Sample]) -> dict[str, Json]:
    """Measure under all protocols.

    Returns
    -------
    dict
        By protocol: counts, and each figure with its 95 % bootstrap interval. A set
        of one class has only ``false_alarms``, the share of authentic pictures at or
        above the threshold.
    """
    protocols = (raw(), quality_75(), equalized(seed=bench.seed))
    return {p.kind: _measure(bench, samples, p) for p in protocols}


def measure_foreign(bench: Bench, folder: Path, known: Inputs) -> dict[str, Json]:
    """Measure a set of other origin, without near-duplicates of known pictures."""
    samples = read_any_dataset(folder)
    kept, excluded = without_near_duplicates(bench, samples, known)
    result: dict[str, Json] = {
        "pictures": len(samples),
        "excluded_near_duplicates": excluded,
        "near_duplicate_bits": EXCLUSION_BITS,
        "protocols": measure_set(bench, kept),
    }
    truth = truth_of(kept)
    if truth.any():
        scores = header_only.cross_scores(kept, seed=bench.seed)
        result["header_only_auc"] = _figure(
            metrics.area_under_curve, truth, scores, bench.seed
        )
    return result


def without_near_duplicates(
    bench: Bench, samples: Sequence[Sample], known: Inputs
) -> tuple[list[Sample], int]:
    """Drop the pictures that look like a known one; return the rest and how many."""
    inputs = prepare_inputs(
        samples, bench.work, protocol=raw(), progress=bench.progress
    )
    pairs = near_pairs(inputs.hashes, known.hashes, bits=EXCLUSION_BITS)
    close = {index for index, _ in pairs}
    kept = [s for index, s in enumerate(inputs.samples) if index not in close]
    return kept, len(close)


def header_only_on_split(
    train: Sequence[Sample], test: Sequence[Sample], *, seed: int
) -> Json:
    """AUC of a look-up of the training files' quantization tables."""
    scores = header_only.table_scores(train, test)
    return _figure(metrics.area_under_curve, truth_of(test), scores, seed)


def calibrate_on(bench: Bench, samples: Sequence[Sample]) -> metrics.Calibration:
    """Calibrate on equalized copies, several draws of each picture."""
    draws = [
        bench.probabilities(samples, equalized(seed=bench.seed + 1 + draw))
        for draw in range(CALIBRATION_DRAWS)
    ]
    truth, _ = draws[0]
    scores = np.stack([scores for _, scores in draws])
    return metrics.calibrate_cautiously(truth, scores, seed=bench.seed)


def _measure(
    bench: Bench, samples: Sequence[Sample], protocol: Protocol
) -> dict[str, Json]:
    truth, scores = bench.probabilities(samples, protocol)
    figures: Mapping[str, metrics.Figure] = {
        "false_alarms": partial(metrics.false_alarms, threshold=bench.threshold)
    }
    if truth.any():
        figures = {
            "auc": metrics.area_under_curve,
            "accuracy": partial(metrics.accuracy, threshold=bench.threshold),
            "balanced_accuracy": partial(
                metrics.balanced_accuracy, threshold=bench.threshold
            ),
            **figures,
        }
    counts = {"fake": int(truth.sum()), "authentic": int((~truth).sum())}
    measured = {
        name: _figure(figure, truth, scores, bench.seed)
        for name, figure in figures.items()
    }
    return {"n": counts, **measured}


def _figure(
    figure: metrics.Figure,
    truth: metrics.Truth,
    scores: NDArray[np.float64],
    seed: int,
) -> Json:
    estimate = metrics.bootstrap(figure, truth, scores, seed=seed)
    return {name: round(value, 4) for name, value in asdict(estimate).items()}

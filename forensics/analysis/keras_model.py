"""The part of a Keras model that this project uses; Keras itself ships no types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Arrays = NDArray[np.float32] | Mapping[str, NDArray[np.float32]]


class KerasModel(Protocol):
    """Stands for ``keras.Model``."""

    layers: Sequence[Any]
    optimizer: Any
    trainable_variables: Sequence[Any]

    def count_params(self) -> int:
        """Count the weights."""

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copy the weights out, in order."""

    def set_weights(self, weights: Sequence[NDArray[np.float32]]) -> None:
        """Copy weights in, in order."""

    def load_weights(self, filepath: Path) -> None:
        """Read a checkpoint of our own, optimizer state included."""

    def save_weights(self, filepath: Path) -> None:
        """Write ``.weights.h5``; with the optimizer's state once compiled."""

    def compile(self, **options: object) -> None:
        """Set loss and optimizer."""

    def predict_on_batch(self, x: Arrays) -> Any:
        """Run without dropout; an array, or one for each named output."""

    def train_on_batch(
        self,
        x: Arrays,
        y: Arrays,
        sample_weight: NDArray[np.float32] | None = None,
    ) -> list[float]:
        """Take one step; return losses and metrics of the batch."""

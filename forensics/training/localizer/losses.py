"""What the localizer is fitted by: its mask, and the picture's score pooled from it."""

from __future__ import annotations

from typing import Any

from forensics.analysis.network import import_keras

# Pooling as the analyzer does it: the mean of the strongest cells, smoothed.
SHARE, LEAST, MOST = 0.02, 8, 512
_EDITED_WEIGHT = 3.0
# Less of a crop than this is the border of an edit: too little to call it tampered.
_LEAST_EDITED = 2.0


def mask_loss(truth: Any, logits: Any) -> Any:
    """Weighted cross-entropy of every cell, and Dice over each tampered crop.

    Parameters
    ----------
    truth : tensor, shape (n, rows, columns, 1)
        Share of each cell that is edited.
    logits : tensor of the same shape
    """
    ops = import_keras().ops
    plain = ops.binary_crossentropy(truth, logits, from_logits=True)
    weighed = plain * (1.0 + (_EDITED_WEIGHT - 1.0) * truth)
    guesses = ops.sigmoid(logits)
    axes = (1, 2, 3)
    edited = ops.sum(truth, axis=axes)
    both = ops.sum(truth * guesses, axis=axes)
    dice = 1.0 - (2.0 * both + 1.0) / (edited + ops.sum(guesses, axis=axes) + 1.0)
    tampered = ops.cast(edited > _LEAST_EDITED, logits.dtype)
    return ops.mean(weighed) + 0.5 * ops.mean(tampered * dice)


def evidence_loss(truth: Any, logits: Any) -> Any:
    """Cross-entropy of the crop's label, tampered or untouched, by its pooled logit."""
    ops = import_keras().ops
    edited = ops.sum(truth, axis=(1, 2, 3))
    label = ops.cast(edited > _LEAST_EDITED, logits.dtype)
    # Neither label fits a crop that shows only the rim of an edit.
    counted = ops.cast(
        ops.logical_or(edited > _LEAST_EDITED, edited <= 0), logits.dtype
    )
    return ops.mean(
        counted * ops.binary_crossentropy(label, pooled_logit(logits), from_logits=True)
    )


def pooled_logit(logits: Any) -> Any:
    """Pool an evidence map to one logit a crop.

    Parameters
    ----------
    logits : tensor, shape (n, rows, columns, 1)

    Returns
    -------
    tensor, shape (n,)
    """
    keras = import_keras()
    smooth = keras.ops.average_pool(logits, 3, strides=1, padding="same")
    cells = int(logits.shape[1]) * int(logits.shape[2])
    kept = min(cells, MOST, max(LEAST, round(SHARE * cells)))
    flat = keras.ops.reshape(smooth, (-1, cells))
    strongest, _ = keras.ops.top_k(flat, kept)
    return keras.ops.mean(strongest, axis=-1)

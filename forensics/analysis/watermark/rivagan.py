"""RivaGAN: 32 bits that a network hides and another one reads.

The reading network comes from the package invisible-watermark 0.2.0, under the MIT
licence beside it, and is loaded when the first picture needs it.

References
----------
Zhang, K. A., Xu, L., Cuesta-Infante, A., Veeramachaneni, K. (2019). Robust Invisible
Video Watermarking with Attention. arXiv:1909.01285.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from PIL import Image

    from forensics.analysis.watermark.messages import Message

BITS: Final = 32
_WEIGHTS: Final = Path(__file__).with_name("rivagan_decoder.onnx")
SHA256: Final = "6b006690cf352fa50a91a0b6d6241dbcded0a9957969e2c0665cf9a7011b3880"
# The package's own threshold.
_ONE: Final = 0.52
# A small piece is read first, for the network takes 4 us a pixel; only where it comes
# near a message is a larger one read, and that alone decides.
_GLANCE: Final = 96
_LOOK: Final = 384
# Random bits come as near in 1 of 100 pictures a message.
_NEAR: Final = 9


class DamagedWeightsError(RuntimeError):
    """The network's file is not the one that was measured."""


def read(
    pixels: Image.Image, messages: Iterable[Message]
) -> NDArray[np.floating] | None:
    """Read the bits from the middle of a picture, or None where no message is near.

    Parameters
    ----------
    pixels : PIL.Image.Image
        Mode RGB.
    messages : iterable of Message
        Of 32 bits; others are left out.

    Returns
    -------
    ndarray of float, shape (32,), or None
        Over zero for a one.
    """
    sought = [message for message in messages if len(message) == BITS]
    glance = _scores(pixels, _GLANCE)
    if all(message.errors(glance) > _NEAR for message in sought):
        return None
    return _scores(pixels, _LOOK)


def _scores(pixels: Image.Image, side: int) -> NDArray[np.floating]:
    width, height = min(side, pixels.width), min(side, pixels.height)
    left, top = (pixels.width - width) // 2, (pixels.height - height) // 2
    piece = pixels.crop((left, top, left + width, top + height))
    # The network was trained on what OpenCV reads: blue first.
    levels = np.asarray(piece, dtype=np.float32)[:, :, ::-1] / np.float32(127.5) - 1
    frame = np.ascontiguousarray(levels.transpose(2, 0, 1))[None, :, None]
    (found,) = _network().run(None, {"frame": frame})
    return np.asarray(found[0], dtype=np.float64) - _ONE


@cache
def _network() -> Any:
    """Load the network, once a process."""
    import onnxruntime  # noqa: PLC0415 - only where analyses run

    weights = _WEIGHTS.read_bytes()
    if hashlib.sha256(weights).hexdigest() != SHA256:
        msg = f"{_WEIGHTS.name} is damaged: install Pixelwarden again"
        raise DamagedWeightsError(msg)
    options = onnxruntime.SessionOptions()
    # More threads would fight the server's workers for the cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        weights, options, providers=["CPUExecutionProvider"]
    )

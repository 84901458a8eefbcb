"""Messages that open generators are known to write, and when one counts as read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chance that any known message is read by any method from a picture without one, if
# its bits were fair coins. How far real pictures are from that is measured in
# docs/signals/synthetic.md.
CHANCE_BOUND: Final = 1e-6
# Chance that a mark with another text, which photographers write too, is taken for a
# given message. Its letters share their upper bits with every text.
TEXT_BOUND: Final = 1e-3
_BYTE: Final = 8


@dataclass(frozen=True, slots=True)
class Message:
    """A fixed message, who writes it, and where that can be looked up.

    Attributes
    ----------
    code : str
        Stable word for machines.
    bits : str
        Zeros and ones in the order of the blocks that carry them.
    writer : str
        For people: ``The mark of <writer>``.
    source : str
        Public code that writes it.
    """

    code: str
    bits: str
    writer: str
    source: str

    def __len__(self) -> int:
        return len(self.bits)

    @property
    def array(self) -> NDArray[np.bool_]:
        """The bits, shape (length,)."""
        return np.array([bit == "1" for bit in self.bits], dtype=np.bool_)

    def errors(self, scores: NDArray[np.floating]) -> int:
        """Count bits that differ; a score over zero is a one."""
        return int(np.count_nonzero((scores > 0.0) != self.array))

    def chance_among_texts(self, scores: NDArray[np.floating]) -> float:
        """Return how likely so few errors are in a text with the same alphabet.

        Each of a byte's eight bits is a one as often as in what was read, but
        otherwise knows nothing of the message.
        """
        read, mine = scores > 0.0, self.array
        errors = np.ones(1)
        for place in range(_BYTE):
            ours, theirs = mine[place::_BYTE].mean(), read[place::_BYTE].mean()
            differs = ours * (1.0 - theirs) + theirs * (1.0 - ours)
            for _ in range(len(mine[place::_BYTE])):
                errors = np.convolve(errors, (1.0 - differs, differs))
        return float(errors[: self.errors(scores) + 1].sum())


def _text(words: str) -> str:
    return "".join(f"{byte:08b}" for byte in words.encode())


# The message of FLUX is written in its source with 48 digits, but passes through
# Python's bin(), which drops the two leading zeros: 46 bits are what pictures carry.
MESSAGES: Final = (
    Message(
        "stable_diffusion_1",
        _text("StableDiffusionV1"),
        "Stable Diffusion 1",
        "CompVis/stable-diffusion, scripts/txt2img.py",
    ),
    Message(
        "stable_diffusion_1_inpainting",
        _text("StableDiffusionV1-Inpainting"),
        "Stable Diffusion 1, inpainting",
        "runwayml/stable-diffusion, scripts/inpaint_st.py",
    ),
    Message(
        "stable_diffusion_2",
        _text("SDV2"),
        "Stable Diffusion 2",
        "Stability-AI/stablediffusion, scripts/txt2img.py",
    ),
    Message(
        "stable_diffusion_xl",
        f"{0b101100111110110010010000011110111011000110011110:b}",
        "Stable Diffusion XL",
        "diffusers 0.42.1, pipelines/stable_diffusion_xl/watermark.py",
    ),
    Message(
        "flux",
        f"{0b001010101111111010000111100111001111010100101110:b}",
        "FLUX",
        "black-forest-labs/flux, src/flux/util.py",
    ),
    Message(
        "invokeai",
        _text("InvokeAI"),
        "InvokeAI",
        "invoke-ai/InvokeAI, invokeai/app/invocations/image.py",
    ),
)


def chance(length: int, errors: int) -> float:
    """Return the probability of so few wrong bits among fair coins.

    Parameters
    ----------
    length : int
        Bits of the message.
    errors : int
        How many differ, 0..length.
    """
    ways = sum(math.comb(length, wrong) for wrong in range(errors + 1))
    return float(ways / 2**length)

"""Invisible watermarks of open generators: read, compared with known messages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    ModelRef,
    NotApplicableError,
)
from forensics.analysis.watermark import rivagan, wavelet
from forensics.analysis.watermark.drawing import agreement_map
from forensics.analysis.watermark.messages import (
    CHANCE_BOUND,
    MESSAGES,
    Message,
    chance,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.types import EvidenceImage
    from forensics.analysis.watermark.wavelet import Blocks, Reading

# The encoders refuse pictures with fewer pixels.
FEWEST_PIXELS: Final = 256 * 256
# As the metadata rule that reads the same claim from the file's texts.
SCORE: Final = 0.98
TRIALS: Final = wavelet.READINGS * len(MESSAGES) + sum(
    len(message) == rivagan.BITS for message in MESSAGES
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A known message beside what was read.

    ``reading`` is what it was read from, None for RivaGAN.
    """

    message: Message
    method: str
    variant: str
    errors: int
    reading: Reading | None

    @property
    def chance(self) -> float:
        """Bound for a picture without a mark to come as near by any trial."""
        return min(1.0, TRIALS * chance(len(self.message), self.errors))

    def as_json(self) -> dict[str, Json]:
        """Return plain values for the finding's data."""
        return {
            "message": self.message.code,
            "writer": self.message.writer,
            "source": self.message.source,
            "method": self.method,
            "variant": self.variant,
            "bits": len(self.message),
            "errors": self.errors,
            "chance_log10": round(math.log10(self.chance), 2),
        }


@dataclass(frozen=True, slots=True)
class WatermarkAnalyzer:
    """Messages that Stable Diffusion, SDXL, FLUX and InvokeAI hide in their pictures.

    A message counts as read only where so few of its bits differ that random bits
    would come as near, by any of the trials, with a chance under ``CHANCE_BOUND``.
    Other texts are not guessed at. Without a match there is no score: pictures
    without a mark, generated or not, are alike.
    """

    name: str = "watermark"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Read the picture in each known way and compare with each known message."""
        pixels = evidence.pixels
        if (
            pixels.width * pixels.height < FEWEST_PIXELS
            or min(pixels.size) < wavelet.CELL
        ):
            raise NotApplicableError(
                "Too small: the programs that write these marks leave out pictures "
                "under 256 x 256 px. That speaks neither for nor against it."
            )
        blocks = wavelet.load_blocks(pixels)
        marks = sorted(_marks(evidence, blocks), key=lambda mark: mark.chance)
        read = _best_of_each([mark for mark in marks if mark.chance < CHANCE_BOUND])
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(read),
            score=SCORE if read else None,
            codes=("ai_watermark",) if read else (),
            data={
                "marks": [mark.as_json() for mark in read],
                "nearest": marks[0].as_json(),
                "known_messages": len(MESSAGES),
                "trials": TRIALS,
                "chance_bound": CHANCE_BOUND,
            },
            evidence=_pictures(evidence, blocks, read),
            model=RIVAGAN,
        )


RIVAGAN: Final = ModelRef(
    name="rivagan-decoder",
    version="invisible-watermark-0.2.0",
    sha256=rivagan.SHA256,
    engine="onnxruntime",
)


def _marks(evidence: ImageEvidence, blocks: Blocks) -> Iterator[Mark]:
    for reading in wavelet.readings(blocks):
        for message in MESSAGES:
            if reading.scores.size < len(message):
                continue
            means = blocks.bit_means(reading.scores, len(message))
            errors = message.errors(means)
            yield Mark(message, reading.method, reading.variant, errors, reading)
    bits = rivagan.read(evidence.pixels, MESSAGES)
    if bits is not None:
        for message in MESSAGES:
            if len(message) == rivagan.BITS:
                yield Mark(message, "rivaGan", "", message.errors(bits), None)


def _best_of_each(marks: list[Mark]) -> list[Mark]:
    """Keep each message's surest reading; ``marks`` are sorted so."""
    best: dict[str, Mark] = {}
    for mark in marks:
        best.setdefault(mark.message.code, mark)
    return list(best.values())


def _pictures(
    evidence: ImageEvidence, blocks: Blocks, read: list[Mark]
) -> tuple[EvidenceImage, ...]:
    first = next((mark for mark in read if mark.reading is not None), None)
    if first is None or first.reading is None:
        return ()
    bits = first.message.array[blocks.positions(len(first.message))]
    signs = np.where(bits, np.float32(1.0), np.float32(-1.0))
    return (agreement_map(evidence, first.reading.scores * signs, blocks.first),)


def _summary(read: list[Mark]) -> str:
    if not read:
        return (
            f"None of {len(MESSAGES)} known invisible marks was read. Most generators "
            "write none, and scaling, cropping or saving as JPEG wipes most marks out: "
            "this does not tell where the picture comes from."
        )
    mark = read[0]
    writers = " and of ".join(one.message.writer for one in read)
    right = len(mark.message) - mark.errors
    return (
        f"The pixels carry the invisible mark of {writers}: {right} of "
        f"{len(mark.message)} bits agree. The program writes it into the pictures it "
        "makes, also into photographs that were only retouched or enlarged with it. "
        "Anyone can write such a mark into any picture."
    )

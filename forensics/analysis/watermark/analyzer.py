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
    TEXT_BOUND,
    Message,
    chance,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

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

    ``among_texts`` is the chance of another text to come as near; ``reading`` is what
    it was read from, None for RivaGAN.
    """

    message: Message
    method: str
    errors: int
    among_texts: float
    reading: Reading | None

    @property
    def is_read(self) -> bool:
        """Whether neither chance nor another text explains it."""
        return self.chance < CHANCE_BOUND and self.among_texts < TEXT_BOUND

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
            "variant": self.reading.variant if self.reading else "",
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
        # A mark resembles others that share its letters: the surest one is it.
        read = next((mark for mark in marks if mark.is_read), None)
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(read),
            score=SCORE if read else None,
            codes=("ai_watermark",) if read else (),
            data={
                "mark": read.as_json() if read else None,
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
            yield _mark(message, means, reading.method, reading)
    bits = rivagan.read(evidence.pixels, MESSAGES)
    if bits is not None:
        for message in MESSAGES:
            if len(message) == rivagan.BITS:
                yield _mark(message, bits, "rivaGan", None)


def _mark(
    message: Message,
    scores: NDArray[np.floating],
    method: str,
    reading: Reading | None,
) -> Mark:
    errors = message.errors(scores)
    # The rest is costly, and only of interest for what is near.
    is_near = TRIALS * chance(len(message), errors) < CHANCE_BOUND
    among = message.chance_among_texts(scores) if is_near else 1.0
    return Mark(message, method, errors, among, reading)


def _pictures(
    evidence: ImageEvidence, blocks: Blocks, mark: Mark | None
) -> tuple[EvidenceImage, ...]:
    if mark is None or mark.reading is None:
        return ()
    bits = mark.message.array[blocks.positions(len(mark.message))]
    signs = np.where(bits, np.float32(1.0), np.float32(-1.0))
    return (agreement_map(evidence, mark.reading.scores * signs, blocks.first),)


def _summary(mark: Mark | None) -> str:
    if mark is None:
        return (
            f"None of {len(MESSAGES)} known invisible marks was read. Most generators "
            "write none, and scaling, cropping or saving as JPEG wipes most marks out: "
            "this does not tell where the picture comes from."
        )
    right = len(mark.message) - mark.errors
    return (
        f"The pixels carry the invisible mark of {mark.message.writer}: {right} of "
        f"{len(mark.message)} bits agree. The program writes it into the pictures it "
        "makes, also into photographs that were only retouched or enlarged with it. "
        "Anyone can write such a mark into any picture."
    )

"""What the checks for generated pictures find, and what they find in photographs.

``python -m benchmarks.bench_synthetic PHOTOS --others FOLDER --json OUT`` writes marks
into photographs and doubles them with simulated up-samplers, gives them the histories
of shared pictures, and counts; then it counts what is found in the photographs and in
the other folders untouched. With ``--package FOLDER``, the unpacked wheel
invisible-watermark 0.2.0, marks of RivaGAN are made too, and the encoder of the tests
is compared with the package's, level by level.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import types
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from scipy.stats import beta

from benchmarks.dcgan import dcgan_pictures
from forensics.analysis.image import load_evidence
from forensics.analysis.pipeline import run
from forensics.analysis.spectrum import SpectrumAnalyzer
from forensics.analysis.types import Finding, FindingStatus, ImageRejectedError, Limits
from forensics.analysis.watermark import WatermarkAnalyzer
from forensics.analysis.watermark.analyzer import TRIALS
from forensics.analysis.watermark.messages import (
    CHANCE_BOUND,
    MESSAGES,
    Message,
    chance,
)
from tests.forensics.analysis.watermark_files import Method, marked, marked_levels
from tests.upsamplers import UPSAMPLERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from forensics.analysis.types import Analyzer

    Change = Callable[[Image.Image], Image.Image]

BY_CODE = {message.code: message for message in MESSAGES}
# How the generators themselves call the encoder, and the method that lasts longer.
MARKS: dict[str, tuple[str, Method, bool]] = {
    "SDXL, dwtDct, floats": ("stable_diffusion_xl", "dwtDct", True),
    "FLUX, dwtDct, floats": ("flux", "dwtDct", True),
    "Stable Diffusion 1, dwtDct, 8 bits": ("stable_diffusion_1", "dwtDct", False),
    "Stable Diffusion 2, dwtDct, 8 bits": ("stable_diffusion_2", "dwtDct", False),
    "SDXL, dwtDctSvd, 8 bits": ("stable_diffusion_xl", "dwtDctSvd", False),
}
WATERMARK, SPECTRUM = WatermarkAnalyzer(), SpectrumAnalyzer()


def same(picture: Image.Image) -> Image.Image:
    """Leave the picture alone."""
    return picture


def scaled(factor: float) -> Change:
    """Return what makes a picture smaller."""

    def change(picture: Image.Image) -> Image.Image:
        size = tuple(round(side * factor) for side in picture.size)
        return picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)

    return change


def saved(picture: Image.Image, quality: int | None) -> bytes:
    """Encode as PNG, or as JPEG of a quality."""
    buffer = BytesIO()
    if quality is None:
        picture.save(buffer, "PNG", compress_level=1)
    else:
        picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


HISTORIES: dict[str, tuple[Change, int | None]] = {
    "PNG": (same, None),
    "JPEG 95": (same, 95),
    "JPEG 85": (same, 85),
    "JPEG 75": (same, 75),
    "to 75 %, PNG": (scaled(0.75), None),
    "to 75 %, JPEG 85": (scaled(0.75), 85),
}

# Those that untouched pictures go through.
SHARED = ("JPEG 85", "to 75 %, PNG", "to 75 %, JPEG 85")


class Tally:
    """Counts by group, with the exact upper end of the 95 % interval, one-sided."""

    def __init__(self) -> None:
        self.found: dict[str, list[bool]] = defaultdict(list)
        self.not_applicable: dict[str, int] = defaultdict(int)

    def add(self, group: str, finding: Finding) -> None:
        """Count one finding."""
        if finding.status is FindingStatus.NOT_APPLICABLE:
            self.not_applicable[group] += 1
        elif finding.status is FindingStatus.FAILED:
            message = f"{group}: {finding.summary}"
            raise RuntimeError(message)
        else:
            self.found[group].append(bool(finding.codes))

    def as_json(self) -> dict[str, dict[str, float]]:
        """Return numbers, shares and bounds."""
        return {
            group: _shares(sum(found), len(found))
            | {"not_applicable": self.not_applicable[group]}
            for group, found in self.found.items()
        }


def _shares(hits: int, count: int) -> dict[str, float]:
    upper = 1.0 if hits == count else float(beta.ppf(0.95, hits + 1, count - hits))
    lower = 0.0 if hits == 0 else float(beta.ppf(0.05, hits, count - hits + 1))
    return {
        "n": count,
        "found": hits,
        "share": round(hits / count, 4),
        "lower_95": round(lower, 4),
        "upper_95": round(upper, 5),
    }


def pictures(folder: Path) -> Iterator[tuple[bytes, Image.Image]]:
    """Yield the files that can be decoded, with their pixels."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        try:
            yield data, load_evidence(data, Limits()).pixels
        except ImageRejectedError:
            continue


def measure_marks(
    photos: Sequence[Image.Image], makers: dict[str, Change]
) -> dict[str, dict[str, float]]:
    """Count which marks are read after which history."""
    tally = Tally()
    for photo in photos:
        for name, maker in makers.items():
            picture = maker(photo)
            for history, (change, quality) in HISTORIES.items():
                evidence = load_evidence(saved(change(picture), quality), Limits())
                tally.add(f"{name} | {history}", run(WATERMARK, evidence))
    return tally.as_json()


def measure_upsamplers(photos: Sequence[Image.Image]) -> dict[str, dict[str, float]]:
    """Count which simulated up-samplers are seen after which history."""
    tally = Tally()
    for photo in photos:
        half = scaled(0.5)(photo)
        for name, double in UPSAMPLERS.items():
            for history, (change, quality) in HISTORIES.items():
                data = saved(change(double(half)), quality)
                evidence = load_evidence(data, Limits())
                tally.add(f"{name} | {history}", run(SPECTRUM, evidence))
    return tally.as_json()


def measure_untouched(
    folder: Path, checks: Sequence[Analyzer]
) -> dict[str, dict[str, float]]:
    """Count what is found in pictures that carry nothing."""
    tally = Tally()
    for original, pixels in pictures(folder):
        files = {"as it is": original} | {
            history: saved(HISTORIES[history][0](pixels), HISTORIES[history][1])
            for history in SHARED
        }
        for history, data in files.items():
            evidence = load_evidence(data, Limits())
            for analyzer in checks:
                group = f"{analyzer.name} | {folder.parent.name}/{folder.name}"
                tally.add(f"{group} | {history}", run(analyzer, evidence))
    return tally.as_json()


def measure_time(photo: Image.Image, checks: Sequence[Analyzer]) -> dict[str, float]:
    """Return processor seconds of each check, the fastest of five."""
    found = {}
    for name, size in (("1 MP", (1024, 1024)), ("12 MP", (4000, 3000))):
        evidence = load_evidence(saved(photo.resize(size), 95), Limits())
        for analyzer in checks:
            seconds = []
            for _ in range(5):
                started = time.process_time()
                run(analyzer, evidence)
                seconds.append(time.process_time() - started)
            found[f"{analyzer.name} | {name}"] = round(min(seconds), 4)
    return found


def measure_dcgan(weights: Path) -> dict[str, dict[str, float]]:
    """Count sheets of 16 pictures of a trained generator in which a period is seen.

    Parameters
    ----------
    weights : Path
        ``generator_model_state.pth`` of omniart-eye-generator 0.1 (MIT): a DCGAN of
        eyes, 128 px a side, too small to be looked at one by one. Its pictures lie
        edge to edge on multiples of the tiles, so that no tile holds a seam.
    """
    from forensics.training.localizer.torch_weights import (  # noqa: PLC0415
        read_torch_weights,
    )

    tensors = read_torch_weights(weights)
    tally, rng = Tally(), np.random.default_rng(0)
    for _ in range(20):
        eyes = dcgan_pictures(tensors, rng, 16)
        rows = [np.concatenate(eyes[at : at + 4], axis=1) for at in range(0, 16, 4)]
        sheet = Image.fromarray(np.concatenate(rows))
        for quality in (None, 95, 85, 75):
            name = "PNG" if quality is None else f"JPEG {quality}"
            evidence = load_evidence(saved(sheet, quality), Limits())
            tally.add(f"DCGAN sheet | {name}", run(SPECTRUM, evidence))
    return tally.as_json()


def marker(code: str, method: Method, *, floats: bool) -> Change:
    """Return what writes a known message."""
    bits = [int(bit) for bit in BY_CODE[code].bits]
    return lambda picture: marked(picture, bits, method=method, floats=floats)


def rivagan_marker(package: Path, message: Message) -> Change:
    """Return what writes a message with the package's network."""
    import onnxruntime  # noqa: PLC0415 - only with the package

    session = onnxruntime.InferenceSession(
        str(package / "imwatermark" / "rivagan_encoder.onnx")
    )
    bits = np.array([[float(bit) for bit in message.bits]], dtype=np.float32)

    def change(picture: Image.Image) -> Image.Image:
        levels = np.asarray(picture, dtype=np.float32)[:, :, ::-1] / 127.5 - 1.0
        frame = np.ascontiguousarray(levels.transpose(2, 0, 1))[None, :, None]
        (out,) = session.run(None, {"frame": frame.astype(np.float32), "data": bits})
        written = (out[0, :, 0].clip(-1.0, 1.0).transpose(1, 2, 0) + 1.0) * 127.5
        return Image.fromarray(
            np.ascontiguousarray(written[:, :, ::-1].astype(np.uint8))
        )

    return change


def check_encoder(package: Path, photos: Sequence[Image.Image]) -> dict[str, float]:
    """Compare the tests' encoder with the package's, level by level."""
    # The package imports torch, which only its RivaGAN class uses.
    sys.modules.setdefault("torch", types.ModuleType("torch"))
    sys.path.insert(0, str(package))
    from imwatermark import WatermarkEncoder  # noqa: PLC0415 - not a requirement

    compared, worst = 0, 0.0
    for photo in photos:
        levels = np.ascontiguousarray(np.asarray(photo)[:301, 270::-1, ::-1])
        for code, method, floats in MARKS.values():
            bits = [int(bit) for bit in BY_CODE[code].bits]
            given: NDArray[Any] = levels.astype(np.float32) if floats else levels
            encoder = WatermarkEncoder()
            encoder.set_watermark("bits", bits)
            theirs = encoder.encode(given.copy(), method)
            ours = marked_levels(given.copy(), bits, method=method)
            worst = max(worst, float(np.abs(theirs - ours.astype(float)).max()))
            compared += 1
    return {"compared": compared, "largest_difference": worst}


def measure_packages_decoder(
    photos: Sequence[Image.Image], makers: dict[str, Change]
) -> dict[str, dict[str, float]]:
    """Count what the package's own decoder reads of PNGs, by the same bound."""
    from imwatermark import WatermarkDecoder  # noqa: PLC0415 - see check_encoder

    found = {}
    for name, (code, method, _) in MARKS.items():
        message, hits = BY_CODE[code], 0
        for photo in photos:
            levels = np.ascontiguousarray(np.asarray(makers[name](photo))[:, :, ::-1])
            bits = WatermarkDecoder("bits", len(message)).decode(levels, method)
            errors = message.errors(np.asarray(bits, dtype=np.float64))
            hits += TRIALS * chance(len(message), errors) < CHANCE_BOUND
        found[name] = _shares(hits, len(photos))
    return found


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    parser.add_argument("--package", type=Path)
    parser.add_argument("--dcgan", type=Path)
    parser.add_argument(
        "--check",
        choices=[WATERMARK.name, SPECTRUM.name],
        help="measure this one only",
    )
    parser.add_argument("--every", type=int, default=4, help="photographs to mark")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report: dict[str, Any] = {}
    if options.dcgan:
        report["dcgan"] = measure_dcgan(options.dcgan)
    if options.photos:
        report |= measure_photographs(options)
    text = json.dumps(report, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def measure_photographs(options: argparse.Namespace) -> dict[str, Any]:
    """Measure all that needs photographs."""
    chosen = [pixels for _, pixels in pictures(options.photos)][:: options.every]
    checks = [
        check for check in (WATERMARK, SPECTRUM) if options.check in (None, check.name)
    ]
    report: dict[str, Any] = {"time": measure_time(chosen[0], checks)}
    if WATERMARK in checks:
        report |= measure_watermark(chosen, options.package)
    if SPECTRUM in checks:
        report["upsamplers"] = measure_upsamplers(chosen)
    report["untouched"] = {}
    for folder in (options.photos, *options.others):
        report["untouched"] |= measure_untouched(folder, checks)
    return report


def measure_watermark(
    photos: Sequence[Image.Image], package: Path | None
) -> dict[str, Any]:
    """Measure marks, with the package's help where it is at hand."""
    makers = {
        name: marker(code, method, floats=floats)
        for name, (code, method, floats) in MARKS.items()
    }
    report: dict[str, Any] = {}
    if package:
        report["encoder"] = check_encoder(package, photos[:8])
        report["packages_decoder"] = measure_packages_decoder(photos, makers)
        sought = BY_CODE["stable_diffusion_2"]
        makers["RivaGAN, SDV2"] = rivagan_marker(package, sought)
    return report | {"marks": measure_marks(photos, makers)}


if __name__ == "__main__":
    raise SystemExit(main())

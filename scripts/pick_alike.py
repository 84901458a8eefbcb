"""Picks photographs' parts that hold genuinely similar things, to test copy-move on.

Windows of 448 px are ranked by how many of their SIFT keypoints find a look-alike
elsewhere in the same window: leaves, tiles, windows, lettering. Forgeries made from
them stand beside untouched pictures that a matcher would accuse.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from forensics.training.localizer.split import split_photographs

SIDE = 448
STEP = 128
LEAST = 320
# Of unit-length RootSIFT descriptors: nearer are the same corner, seen again.
ALIKE = 0.45
AWAY = 40.0
MOST_KEYPOINTS = 3000


def alikeness(window: np.ndarray) -> int:
    """Count the keypoints that have a look-alike at least 40 px away."""
    sift = cv2.SIFT.create(nfeatures=MOST_KEYPOINTS, contrastThreshold=0.02)
    gray = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY)
    keypoints, found = sift.detectAndCompute(gray, None)
    if found is None or len(keypoints) < 20:
        return 0
    descriptors = np.sqrt(found / np.maximum(found.sum(1, keepdims=True), 1e-6))
    distances = np.sqrt(np.maximum(2.0 - 2.0 * descriptors @ descriptors.T, 0.0))
    at = np.array([point.pt for point in keypoints], dtype=np.float32)
    gap = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1))
    distances[gap < AWAY] = 2.0
    return int((distances.min(axis=1) < ALIKE).sum())


def best_window(picture: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the window of a picture, or of its half, with the most look-alikes."""
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    found = []
    for view in (picture, half):
        rows, columns = view.shape[:2]
        for top in range(0, max(1, rows - SIDE + 1), STEP):
            for left in range(0, max(1, columns - SIDE + 1), STEP):
                window = view[top : top + SIDE, left : left + SIDE]
                if min(window.shape[:2]) >= LEAST:
                    found.append((alikeness(window), window))
    return max(found, key=lambda one: one[0])


def main() -> None:
    """Rank, keep the most alike, say how many look-alikes each has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--part", choices=("learn", "check", "test"), default="test")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    ranked = []
    for path in getattr(split_photographs(options.sources), options.part):
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if picture is None or min(picture.shape[:2]) < LEAST:
            continue
        long_side = max(picture.shape[:2])
        if long_side > 1600:
            scale = max(1600 / long_side, LEAST / min(picture.shape[:2]))
            picture = cv2.resize(picture, None, fx=scale, fy=scale)
        ranked.append((*best_window(picture), path.stem))
    ranked.sort(key=lambda one: -one[0])
    for score, window, stem in ranked[: options.count]:
        kept = np.ascontiguousarray(window[:, :, ::-1])
        cv2.imwrite(str(options.output / f"{stem}.png"), kept)
        sys.stdout.write(f"{score:5d} look-alikes  {stem}.png\n")


if __name__ == "__main__":
    main()

"""PDQ beside hashes that the reference implementation made of the same pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis.pdq import MIN_QUALITY, TRANSFORMS, pdq
from tests.images import photo_like, scene

# By the package pdqhash 0.2.7 (Facebook's C++), of ``scene(width, height, seed)``.
KNOWN = {
    (256, 192, 1): "8e3cd5ac9679d5ac28a77da228f702752ccf225b9669825929d768d679869519",
    (300, 500, 2): "9b2c891ecf68825c7f0029837de229bda3df2cbf8218df40205729d37ca3d6ea",
    (512, 512, 3): "fb36d720de68df28aa7720f779a35ee828bda294dc2888dc208928937df28a99",
    (64, 64, 4): "9207991782198519758828d77dc2c9ab23dd22bb975e97ec298729e37ca3d6ac",
    (45, 33, 5): "25c3d7f4cb28dfbc20be779324d7085220a7224f9a788a4d23e720f77582dd2d",
}
LARGE = {
    (1024, 768, 6): "9b2c020f8619820d565874d275f3a855ff327d92d63d833d55e275c261a3df68",
    (1531, 1020, 7): "d16c7e868e69d60e2bcf7dd220a3848921dc7c808e1d8b3d77ea21b720d78a7d",
}
# The reference's own hashes of the turned copies of ``scene(512, 384, 3)``.
TURNED = {
    "same": "ff36d722df68d728aa7d20f779a356e828bda294dc2888dc208928937df28a19",
    "turned_180": "4e61fd8acb3d7d827d008a5d6cf6fc4275e8883e897d22f675dc823920a720b3",
    "flipped": "1b3028df966828d72855df0839a3a91720bddd6bdc2877232089d76c75f275e6",
    "mirrored": "0a610275821d827d7d0075a26cf603bd75e877c1897ddd0975dc7dc620a7df4c",
}
TURN = {
    "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
    "flipped": Image.Transpose.FLIP_TOP_BOTTOM,
    "turned_180": Image.Transpose.ROTATE_180,
    "transposed": Image.Transpose.TRANSPOSE,
    "turned_90": Image.Transpose.ROTATE_270,
    "turned_270": Image.Transpose.ROTATE_90,
    "transversed": Image.Transpose.TRANSVERSE,
}
ORIENTATIONS = {
    2: "mirrored",
    3: "turned_180",
    4: "flipped",
    5: "transposed",
    6: "turned_270",
    7: "transversed",
    8: "turned_90",
}


def bits_between(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("made_of", KNOWN)
def test_small_pictures_hash_as_the_reference_hashes_them(
    made_of: tuple[int, int, int],
) -> None:
    found = pdq(scene(*made_of))
    # A frequency that lies on the median to the last digit may fall on either side.
    assert bits_between(found.hash, KNOWN[made_of]) <= 2
    assert found.quality == 100


@pytest.mark.parametrize("made_of", LARGE)
def test_pictures_averaged_first_stay_near_the_reference(
    made_of: tuple[int, int, int],
) -> None:
    assert bits_between(pdq(scene(*made_of)).hash, LARGE[made_of]) <= 6


@pytest.mark.parametrize("transform", TURNED)
def test_turned_hashes_are_the_references(transform: str) -> None:
    found = pdq(scene(512, 384, 3)).hashes[transform]
    assert bits_between(found, TURNED[transform]) <= 2


@pytest.mark.parametrize("transform", TURN)
def test_a_turned_copy_has_the_turned_hash(transform: str) -> None:
    picture = photo_like(seed=5, size=(500, 380))
    copy = pdq(picture.transpose(TURN[transform])).hash
    own = pdq(picture).hashes
    nearest = min(own, key=lambda name: bits_between(own[name], copy))
    assert nearest == transform
    assert bits_between(own[transform], copy) <= 24


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_upright_picture_is_hashed(orientation: int) -> None:
    picture = photo_like(seed=6, size=(700, 500))
    stored = picture.transpose(TURN[ORIENTATIONS[orientation]])
    upright = pdq(picture).hash
    assert bits_between(pdq(stored, orientation=orientation).hash, upright) <= 12


def test_scaling_and_recompression_change_little() -> None:
    picture = photo_like(seed=7, size=(800, 600))
    small = picture.resize((400, 300), Image.Resampling.BICUBIC)
    assert bits_between(pdq(picture).hash, pdq(small).hash) <= 16


def test_other_pictures_are_far() -> None:
    hashes = [pdq(photo_like(seed=seed)).hash for seed in range(8)]
    near = [bits_between(a, b) for a in hashes for b in hashes if a < b]
    assert min(near) > 62


def test_flat_pictures_are_not_usable() -> None:
    for picture in (
        Image.new("RGB", (200, 100), (90, 120, 30)),
        Image.linear_gradient("L").convert("RGB"),
    ):
        found = pdq(picture)
        assert found.quality < MIN_QUALITY
        assert not found.is_usable
    assert pdq(scene(200, 100, 1)).is_usable


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    orientation=st.integers(1, 8),
    seed=st.integers(0, 1000),
)
def test_any_size_gives_eight_hashes(
    width: int, height: int, orientation: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    found = pdq(Image.fromarray(pixels), orientation=orientation)
    assert tuple(found.hashes) == TRANSFORMS
    assert all(len(text) == 64 and int(text, 16) >= 0 for text in found.hashes.values())
    assert 0 <= found.quality <= 100


@pytest.mark.parametrize("size", [(1, 100_000), (60_000, 2), (1, 1)])
def test_extreme_shapes_are_hashed_at_bounded_cost(size: tuple[int, int]) -> None:
    found = pdq(Image.effect_noise(size, 60).convert("RGB"))
    assert len(found.hash) == 64

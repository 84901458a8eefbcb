"""PRNU: simulated sensors whose pattern is known; files that are no fingerprints."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis.prnu import (
    MATCH_PCE,
    Fingerprint,
    FingerprintError,
    FingerprintEstimator,
    compare,
    dump,
    load,
    storage,
)
from forensics.analysis.prnu.residual import noise_residual
from forensics.analysis.types import NotApplicableError
from tests.forensics.analysis.scenes import scene
from tests.images import jpeg

SIZE = (320, 256)
STRENGTH = 0.02


def pattern(sensor: int) -> np.ndarray:
    rng = np.random.default_rng(9000 + sensor)
    return rng.normal(0.0, STRENGTH, (SIZE[1], SIZE[0], 1))


def shot(sensor: int, number: int) -> Image.Image:
    """Light times the sensor's pattern, and noise of each picture's own."""
    rng = np.random.default_rng(100 * sensor + number)
    light = scene(100 * sensor + number, SIZE)
    levels = light * (1.0 + pattern(sensor)) + rng.normal(0.0, 2.0, light.shape)
    return Image.fromarray(np.rint(levels).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def fingerprint() -> Fingerprint:
    estimator = FingerprintEstimator(SIZE)
    for number in range(12):
        estimator.add(shot(1, number))
    return estimator.finish()


def test_the_estimate_is_the_known_pattern(fingerprint: Fingerprint) -> None:
    known = pattern(1)[:, :, 0]
    correlation = np.corrcoef(fingerprint.values.ravel(), known.ravel())[0, 1]
    assert correlation > 0.8
    assert fingerprint.values.std() == pytest.approx(STRENGTH, rel=0.4)
    other = pattern(2)[:, :, 0]
    assert abs(np.corrcoef(fingerprint.values.ravel(), other.ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("number", range(20, 24))
def test_the_cameras_own_pictures_match_and_others_do_not(
    fingerprint: Fingerprint, number: int
) -> None:
    own, other = (compare(fingerprint, shot(sensor, number)) for sensor in (1, 2))
    assert own.is_match
    assert own.pce > 10 * MATCH_PCE
    assert own.correlation > 0.2
    assert not other.is_match
    assert abs(other.pce) < 20
    with Image.open(BytesIO(jpeg(shot(1, number), quality=85))) as saved:
        assert compare(fingerprint, saved.convert("RGB")).is_match


def test_a_moved_or_mirrored_picture_does_not_match(fingerprint: Fingerprint) -> None:
    moved = np.roll(np.asarray(shot(1, 30)), 3, axis=1)
    assert not compare(fingerprint, Image.fromarray(moved)).is_match
    mirrored = shot(1, 30).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert not compare(fingerprint, mirrored).is_match


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (shot(1, 40).resize((300, 240)), "only pictures of one size"),
        (shot(1, 40).transpose(Image.Transpose.ROTATE_90), "only pictures of one size"),
        (Image.new("RGB", SIZE, (255, 255, 255)), "black or saturated"),
    ],
    ids=["scaled", "turned", "white"],
)
def test_what_cannot_be_compared_says_so(
    fingerprint: Fingerprint, picture: Image.Image, words: str
) -> None:
    with pytest.raises(NotApplicableError, match=words):
        compare(fingerprint, picture)


def test_a_flat_picture_agrees_with_nothing(fingerprint: Fingerprint) -> None:
    found = compare(fingerprint, Image.new("RGB", SIZE, (128, 128, 128)))
    assert not found.is_match


def test_too_few_and_too_small_pictures_make_no_fingerprint() -> None:
    estimator = FingerprintEstimator(SIZE)
    estimator.add(shot(1, 0))
    with pytest.raises(NotApplicableError, match="1 pictures are too few"):
        estimator.finish()
    with pytest.raises(NotApplicableError, match="shorter than 256 px"):
        FingerprintEstimator((100, 300)).add(Image.new("RGB", (100, 300)))


def test_too_many_pixels_are_refused() -> None:
    size = (8000, 4001)
    with pytest.raises(NotApplicableError, match="too many to compare"):
        FingerprintEstimator(size).add(Image.new("RGB", size))


def test_the_residual_of_noise_is_noise_and_keeps_odd_sizes() -> None:
    noise = np.random.default_rng(1).normal(128.0, 2.0, (341, 357))
    found = noise_residual(np.rint(noise).astype(np.uint8))
    assert found.shape == (341, 357)
    assert 1.0 < found.std() < 2.1
    assert np.abs(found.mean(axis=0)).max() < 1e-3


def test_a_file_is_what_was_written_and_holds_no_pickle(
    fingerprint: Fingerprint,
) -> None:
    data = dump(fingerprint)
    again = load(data)
    assert again.pictures == 12
    assert np.array_equal(again.values, fingerprint.values)
    with np.load(BytesIO(data), allow_pickle=False) as archive:
        assert set(archive.files) == {"format", "pictures", "values"}


def _npz(**arrays: object) -> bytes:
    buffer = BytesIO()
    parts = {
        "format": np.int64(1),
        "pictures": np.int64(12),
        "values": np.zeros((256, 256), np.float32),
    }
    np.savez_compressed(buffer, **{**parts, **arrays})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no fingerprint, or damaged"),
        (b"PK\x03\x04 nothing", "no fingerprint, or damaged"),
        (_npz(more=np.zeros(3)), "other parts"),
        (_npz(format=np.int64(2)), "format 2"),
        (_npz(format=np.float64(1)), "no fingerprint, or damaged"),
        (_npz(pictures=np.int64(1)), "count of pictures"),
        (_npz(values=np.array([{}], dtype=object)), "no fingerprint, or damaged"),
        (_npz(values=np.zeros((256, 256), np.float64)), "shape or type"),
        (_npz(values=np.zeros((256, 200), np.float32)), "shape or type"),
        (_npz(values=np.zeros((2, 256, 256), np.float32)), "shape or type"),
        (_npz(values=np.full((256, 256), np.nan, np.float32)), "impossible numbers"),
    ],
)
def test_files_that_are_no_fingerprints_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(FingerprintError, match=words):
        load(data)


def test_files_that_unfold_to_too_much_are_refused_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage, "MOST_BYTES", 1000)
    with pytest.raises(FingerprintError, match="unfolds to more"):
        load(_npz())


def test_a_header_that_promises_more_than_there_is_is_refused() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(_npz())) as source, zipfile.ZipFile(buffer, "w") as to:
        for name in source.namelist():
            raw = source.read(name)
            if name == "values.npy":
                raw = raw.replace(b"(256, 256)", b"(99999, 9)")
            to.writestr(name, raw)
    with pytest.raises(FingerprintError, match="no fingerprint, or damaged"):
        load(buffer.getvalue())


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_are_refused_or_read(data: st.DataObject) -> None:
    whole = bytearray(_npz())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    with suppress(FingerprintError):
        assert load(bytes(whole)).pictures >= 1


def _call(*arguments: str) -> list[dict[str, object]]:
    out = StringIO()
    call_command("prnu", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.jpg").write_bytes(jpeg(shot(1, number), quality=97))
    (folder / "small.jpg").write_bytes(jpeg(shot(1, 9).resize((200, 160))))
    (folder / "note.txt").write_text("no picture")
    (folder / "folder").mkdir()
    return folder


def test_the_command_builds_and_compares(album: Path, tmp_path: Path) -> None:
    file = tmp_path / "camera.npz"
    (built,) = _call("build", str(album), "--output", str(file))
    assert (built["pictures"], built["width"], built["height"]) == (8, *SIZE)
    left_out = built["left_out"]
    assert isinstance(left_out, dict)
    assert set(left_out) == {"small.jpg", "note.txt"}
    paths = [tmp_path / "own.jpg", tmp_path / "other.jpg"]
    for sensor, path in enumerate(paths, start=1):
        path.write_bytes(jpeg(shot(sensor, 50), quality=97))
    own, other, small, note, missing = _call(
        "compare",
        str(file),
        *(str(path) for path in paths),
        str(album / "small.jpg"),
        str(album / "note.txt"),
        str(tmp_path / "none.jpg"),
    )
    assert (own["status"], own["is_match"]) == ("ok", True)
    assert (other["status"], other["is_match"]) == ("ok", False)
    assert "does not prove another camera" in str(other["words"])
    assert small["status"] == "not_applicable"
    assert (note["status"], missing["status"]) == ("refused", "refused")


def test_the_command_says_what_is_wrong(album: Path, tmp_path: Path) -> None:
    file = tmp_path / "camera.npz"
    file.write_bytes(b"mine")
    with pytest.raises(CommandError, match="--replace overwrites"):
        _call("build", str(album), "--output", str(file))
    assert file.read_bytes() == b"mine"
    with pytest.raises(CommandError, match="no fingerprint"):
        _call("compare", str(file), str(album / "0.jpg"))
    with pytest.raises(CommandError, match="No such file"):
        _call("compare", str(tmp_path / "none"), str(album / "0.jpg"))
    with pytest.raises(CommandError, match="is no folder"):
        _call("build", str(file), "--output", str(tmp_path / "new"))
    with pytest.raises(CommandError, match="No picture in the folder"):
        _call("build", str(album / "folder"), "--output", str(tmp_path / "new"))
    for number in range(5):
        (album / f"{number}.jpg").unlink()
    with pytest.raises(CommandError, match="too few"):
        _call("build", str(album), "--output", str(tmp_path / "new"))
    for number in range(5):
        (album / f"{number}.jpg").write_bytes(jpeg(shot(1, number)))
    with pytest.raises(CommandError, match="No such file"):
        _call("build", str(album), "--output", str(tmp_path / "none" / "new"))


def test_more_pictures_than_needed_are_left_out(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forensics.management.commands import prnu

    monkeypatch.setattr(prnu, "MOST_PICTURES", 6)
    (built,) = _call("build", str(album), "--output", str(tmp_path / "new"))
    assert built["pictures"] == 6
    left_out = built["left_out"]
    assert isinstance(left_out, dict)
    assert left_out["7.jpg"] == "6 pictures were taken before it"

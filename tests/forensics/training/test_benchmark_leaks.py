"""Training pictures are recognized: resized, re-encoded, mirrored, or by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageOps
from skimage import data

from forensics.analysis.weights_format import check_content
from forensics.training.benchmark.cases import Case
from forensics.training.benchmark.leaks import (
    find_leaks,
    fingerprint,
    read_hash_list,
    write_hash_list,
)
from forensics.training.datasets import Label, Sample
from forensics.training.errors import DatasetError
from tests.images import encode, jpeg


@pytest.fixture(scope="module")
def pictures() -> dict[str, Image.Image]:
    names = ("astronaut", "coffee", "chelsea", "rocket")
    return {n: Image.fromarray(getattr(data, n)()).resize((300, 200)) for n in names}


@pytest.fixture
def hash_list(tmp_path: Path, pictures: dict[str, Image.Image]) -> bytes:
    paths = []
    for name in ("astronaut", "coffee"):
        paths.append(tmp_path / f"{name}.png")
        paths[-1].write_bytes(encode(pictures[name], "PNG"))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(jpeg()[:400])
    return write_hash_list([Sample(paths[0], Label.FAKE), paths[1], broken])


def case(name: str, *sources: str) -> Case:
    return Case("set", Sample(Path(name), Label.FAKE), name, "x", None, sources)


def test_near_duplicates_are_found_and_others_are_not(
    hash_list: bytes, pictures: dict[str, Image.Image]
) -> None:
    known = read_hash_list(hash_list, title="model 1")
    assert known.names == ("astronaut.png", "coffee.png")
    shown = {
        "smaller.jpg": pictures["astronaut"].resize((180, 120)),
        "mirrored.jpg": ImageOps.mirror(pictures["coffee"]),
        "another.jpg": pictures["chelsea"],
        "mirrored-other.jpg": ImageOps.mirror(pictures["rocket"]),
    }
    cases = [case(name) for name in shown] + [case("unreadable.jpg")]
    prints = [fingerprint(picture) for picture in shown.values()]
    leaks = find_leaks(cases, [*prints, None], [known])
    assert {cases[i].name: leak.known for i, leak in leaks.items()} == {
        "smaller.jpg": "astronaut.png",
        "mirrored.jpg": "coffee.png",
    }
    assert [leak.is_mirrored for leak in leaks.values()] == [False, True]
    words = leaks[1].sentence()
    assert words.startswith("mirrored.jpg: ")
    assert words.endswith("from the mirrored coffee.png (model 1)")


def test_a_turned_file_is_hashed_upright(pictures: dict[str, Image.Image]) -> None:
    picture = pictures["astronaut"]
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    assert fingerprint(turned, orientation=6) == fingerprint(picture)


def test_sources_tell_by_name_what_no_hash_can() -> None:
    lines = [
        f"{i:016x} {name}\n" for i, name in enumerate(("Au_ani_00018.jpg", "x.jpg"))
    ]
    known = read_hash_list("".join(lines).encode(), title="model 1")
    cases = [
        case("Tp_D_CND_M_N_ani00018_sec00096_00138.tif"),
        case("Sp_D_CND_A_ani0018_sec0096_0138.jpg"),  # CASIA 1 numbers its own
        case("1.jpg", "x.jpg"),
        case("x.jpg"),  # a common name proves nothing
    ]
    leaks = find_leaks(cases, [None] * 4, [known])
    assert {index: leak.known for index, leak in leaks.items()} == {
        0: "Au_ani_00018.jpg",
        2: "x.jpg",
    }
    assert leaks[2].sentence() == "1.jpg: made from x.jpg (model 1)"


@pytest.mark.parametrize(
    "name", [" b  c.jpg", "naïve.jpg", "\udcff.jpg", "a\nb\r.jpg", "a\x85b\u2028"]
)
def test_any_file_name_goes_through_a_list(
    tmp_path: Path, name: str, pictures: dict[str, Image.Image]
) -> None:
    path = tmp_path / name
    path.write_bytes(encode(pictures["coffee"], "PNG"))
    listed = write_hash_list([path])
    check_content("training.hashes", "training_hashes", listed)
    known = read_hash_list(listed, title="list")
    assert len(known.names) == 1
    assert known.hashes[0] == fingerprint(pictures["coffee"]).plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"0123456789abcdef a.jpg\nno hash\n", "list, line 2: Expected 16"),
        (b"\n", "line 1"),
        (b"\xff\xfe", "not text"),
    ],
)
def test_a_list_of_another_kind_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        read_hash_list(text, title="list")


def test_an_empty_list_knows_nothing() -> None:
    assert read_hash_list(b"", title="list").names == ()

"""Data sets as they come: kinds from names, masks by stem, samples by lot."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.training.benchmark.cases import (
    Case,
    forgery_kind,
    read_cases,
    sampled,
)
from forensics.training.datasets import Label, Sample
from forensics.training.errors import DatasetError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Tp_S_NNN_S_N_art20082_art20082_01945.jpg", "copy_move"),
        ("Sp_D_NNN_A_ani0055_pla0025_0287.jpg", "splice"),
        ("SP_S_x.jpg", "copy_move"),
        ("holiday.jpg", "tampered"),
    ],
)
def test_casia_names_tell_the_kind(name: str, kind: str) -> None:
    assert forgery_kind(name) == kind


@pytest.mark.parametrize(
    "folder", ["masks", "CASIA 2 Groundtruth", "CASIA2_groundtruth"]
)
def test_masks_are_found_by_their_pictures_stem(tmp_path: Path, folder: str) -> None:
    touch(tmp_path, "Au/Au_ani_00001.jpg", "Tp/Tp_D_a.tif", "Tp/Tp_S_b.jpg")
    touch(tmp_path, f"{folder}/Tp_D_a_gt.png", f"{folder}/Tp_S_b.png")
    touch(tmp_path, f"{folder}/Tp_S_b_gt.png", f"{folder}/Au_ani_00001_gt.png")
    cases = {case.name: case for case in read_cases("casia", tmp_path)}
    assert len(cases) == 3
    masks = {
        name: case.mask.name if case.mask else None for name, case in cases.items()
    }
    assert masks == {
        "Au_ani_00001.jpg": None,
        "Tp_D_a.tif": "Tp_D_a_gt.png",
        "Tp_S_b.jpg": "Tp_S_b.png",
    }
    assert cases["Au_ani_00001.jpg"].kind == "untouched"
    assert cases["Tp_D_a.tif"].kind == "splice"


def test_a_plain_folder_is_untouched(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "deep/a.jpg")
    cases = read_cases("photos", tmp_path)
    assert [(c.file, c.kind, c.is_fake) for c in cases] == [
        ("a.jpg", "untouched", False),
        ("deep/a.jpg", "untouched", False),
    ]


def test_a_generators_manifest_tells_kinds_and_sources(tmp_path: Path) -> None:
    touch(tmp_path, "authentic/1.jpg", "tampered/1.jpg", "tampered/2.jpg")
    (tmp_path / "manifest.jsonl").write_text(
        '{"file": "tampered/1.jpg", "kind": "removal", "sources": ["a/x.jpg", "y"]}\n'
        "\n"
        '{"file": "authentic/1.jpg", "kind": "untouched", "source": "z.jpg"}\n',
        encoding="utf-8",
    )
    cases = {case.file: case for case in read_cases("own", tmp_path)}
    assert cases["tampered/1.jpg"].kind == "removal"
    assert cases["tampered/1.jpg"].sources == ("x.jpg", "y")
    assert cases["tampered/2.jpg"].kind == "tampered"
    assert cases["authentic/1.jpg"].kind == "untouched"
    assert cases["authentic/1.jpg"].sources == ("z.jpg",)


@pytest.mark.parametrize(
    ("line", "words"),
    [("{", "line 1 is not JSON"), ("[]", "an object"), ('{"kind": "blur"}', "name")],
)
def test_a_manifest_that_is_none_is_refused(
    tmp_path: Path, line: str, words: str
) -> None:
    touch(tmp_path, "authentic/1.jpg")
    (tmp_path / "manifest.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(DatasetError, match=words):
        read_cases("own", tmp_path)


def cases_of(fakes: int, others: int) -> list[Case]:
    labels = [Label.FAKE] * fakes + [Label.AUTHENTIC] * others
    return [
        Case("set", Sample(Path(f"{i}.jpg"), label), f"{i}.jpg", "kind", None)
        for i, label in enumerate(labels)
    ]


@pytest.mark.parametrize(
    ("fakes", "others", "size", "drawn"),
    [(50, 80, 20, 10), (3, 80, 20, 3), (80, 3, 20, 17), (0, 30, 20, 0), (5, 5, 99, 5)],
)
def test_a_sample_is_half_of_each_class_where_it_can_be(
    fakes: int, others: int, size: int, drawn: int
) -> None:
    sample = sampled(cases_of(fakes, others), size, seed=1)
    assert len(sample) == min(size, fakes + others)
    assert sum(case.is_fake for case in sample) == drawn


def test_a_larger_sample_holds_the_smaller_one() -> None:
    cases = cases_of(50, 80)
    small, large = (sampled(cases, size, seed=1) for size in (20, 60))
    assert set(small) < set(large)
    assert sampled(cases, 20, seed=1) == small != sampled(cases, 20, seed=2)

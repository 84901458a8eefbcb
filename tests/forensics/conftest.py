"""A model trained for these tests by the whole command; an analysis to look at."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

import pytest

from forensics.training.baseline import Request, train_baseline
from forensics.training.fit import Recipe
from forensics.training.progress import silent
from forensics.training.publication import publish_localizer
from tests.factories import make_analysis, make_evidence, make_image
from tests.forensics.localizer_model import localizer_bytes, release
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

    from forensics.models import Analysis

# Keras and TensorFlow hand NumPy 2 an old-fashioned __array__.
OLD_ARRAY = "ignore:__array__ implementation:DeprecationWarning"


def make_dataset(folder: Path, *, pictures: int = 12) -> Path:
    """Write a small data set in CASIA2's published layout; one file is no picture."""
    authentic, tampered = folder / "Au", folder / "Tp"
    authentic.mkdir(parents=True)
    tampered.mkdir()
    for number in range(1, pictures + 1):
        base = photo_like(seed=number, size=(96, 80))
        path = authentic / f"Au_ani_{number:05d}.jpg"
        path.write_bytes(jpeg(base, quality=95))
        forged = photo_like(seed=1000 + number, size=(96, 80))
        forged.paste(photo_like(seed=2000 + number, size=(40, 40)), (20, 20))
        source = f"nat{number:05d}"
        name = f"Tp_D_CRN_M_N_{source}_{source}_{number:05d}.tif"
        forged.save(tampered / name, "TIFF")
    (authentic / "Thumbs.db").write_bytes(b"not a picture")
    return folder


def make_untouched(folder: Path) -> Path:
    """Write three untouched pictures without class folders."""
    folder.mkdir(parents=True)
    for number in range(3):
        picture: Image.Image = photo_like(seed=3000 + number, size=(90, 90))
        (folder / f"{number}.jpg").write_bytes(jpeg(picture))
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve authentic and twelve forged pictures in the published layout."""
    return make_dataset(tmp_path_factory.mktemp("data") / "CASIA2")


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Path]:
    """Lend a folder for files of a hundred megabytes; pytest would keep them."""
    folder = tmp_path / "roomy"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def trained_store(
    tmp_path_factory: pytest.TempPathFactory, dataset: Path
) -> Iterator[Path]:
    """Train for one epoch and publish: weights for both engines, manifest, card."""
    folder = tmp_path_factory.mktemp("trained")
    request = Request(
        data=dataset,
        store=folder / "store",
        work=folder / "work",
        version="1.0.0",
        recipe=Recipe(seed=7, epochs=1),
        command="python manage.py train_model casia-ela-cnn --data CASIA2",
        created="2026-11-23",
        also={"untouched": make_untouched(folder / "untouched")},
    )
    train_baseline(request, progress=silent)
    yield request.store
    shutil.rmtree(folder)


@pytest.fixture
def analysis() -> Analysis:
    made = make_analysis(image=make_image(original_name="holiday.jpg"))
    ela = made.findings.create(
        position=1,
        analyzer="ela",
        version="1",
        status="ok",
        summary="Even.",
        elapsed_ms=1.0,
    )
    make_evidence(analysis=made, kind="preview")
    make_evidence(analysis=made, kind="ela", finding=ela)
    return made


@pytest.fixture(scope="session")
def localizer_weights() -> bytes:
    """Return a LiteRT localizer whose answers can be worked out by hand."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", OLD_ARRAY.split(":")[1], DeprecationWarning)
        return localizer_bytes()


@pytest.fixture(scope="session")
def localizer_store(
    localizer_weights: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a store with that localizer in it; not to be written to."""
    store = tmp_path_factory.mktemp("localizers")
    publish_localizer(store, release(localizer_weights))
    return store

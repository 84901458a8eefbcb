"""The calibration's manifest: read as written, refused where it is not monotone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis.fusion_model import SignalMap, load_fusion, parse_fusion
from forensics.analysis.model_errors import (
    ModelCorruptError,
    ModelError,
    ModelIncompatibleError,
)
from tests.forensics.analysis.fusion_models import document, model, write

if TYPE_CHECKING:
    from pathlib import Path

LINE = {
    "raw": [0.0, 1.0],
    "log_odds": [-1.0, 1.0],
    "weight": 1.0,
    "offset": 0.0,
    "version": "1",
}


def test_a_map_is_linear_between_its_knots_and_flat_beyond() -> None:
    one = SignalMap((0.0, 1.0, 3.0), (-1.0, 0.0, 4.0), weight=0.5, offset=0.1)
    given_, expected = (-9.0, 0.0, 0.5, 2.0, 3.0, 99.0), (-1, -1, -0.5, 2, 4, 4)
    assert [one.ratio(value) for value in given_] == pytest.approx(expected)
    assert one.part(2.0) == pytest.approx(0.5 * 2.0 + 0.1)


def test_the_share_of_untouched_pictures_is_looked_up_at_the_score_or_below() -> None:
    found = model().untouched(0.805)
    assert (found.share, found.upper, found.pictures) == (0.20, 0.22, 200)
    assert found.score == 0.805
    assert model().untouched(0.29).share == 0.71  # .29 * 100 is 28.999...
    assert model().untouched(0.01).share == 0.99
    assert model().untouched(0.99).share == 0.01


def test_the_store_gives_its_highest_version_or_none(tmp_path: Path) -> None:
    assert load_fusion(tmp_path) is None
    write(tmp_path)
    found = load_fusion(tmp_path)
    assert found is not None
    assert (found.version, found.research_only) == ("1.0.0", True)
    other = tmp_path / "fusion" / "1.10.0"
    other.mkdir()
    text = json.dumps(document(version="1.10.0", training={"research_only": False}))
    (other / "manifest.json").write_text(text)
    newer = load_fusion(tmp_path)
    assert newer is not None
    assert (newer.version, newer.research_only) == ("1.10.0", False)
    assert newer.digest != found.digest


def test_a_folder_of_another_version_is_refused(tmp_path: Path) -> None:
    write(tmp_path, version="1.0.1")
    with pytest.raises(ModelIncompatibleError, match=r"Expected 1\.0\.0"):
        load_fusion(tmp_path)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[NaN]", b"[" * 100_000])
def test_what_is_no_json_is_called_damaged(tmp_path: Path, text: bytes) -> None:
    write(tmp_path).write_bytes(text)
    with pytest.raises(ModelCorruptError, match=r"fusion/1\.0\.0/manifest\.json"):
        load_fusion(tmp_path)


def test_a_missing_or_huge_manifest_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(b" " * (1024 * 1024 + 1))
    with pytest.raises(ModelCorruptError):
        load_fusion(tmp_path)
    path.unlink()
    with pytest.raises(ModelCorruptError):
        load_fusion(tmp_path)


def test_what_the_system_cannot_read_is_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(ModelCorruptError, match="Permission denied"):
        load_fusion(tmp_path)


def test_a_report_names_it_with_its_terms() -> None:
    found = model().reference
    assert (found.name, found.version, found.engine) == ("fusion", "1.0.0", "table")
    assert found.sha256.startswith(model().digest)
    assert (found.research_only, found.terms) == (True, "research only")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "localizer"}, "kind"),
        ({"schema_version": 2}, "kind"),
        ({"signals": {}}, "signals"),
        ({"signals": {"../x": LINE}}, "signals"),
        ({"signals": {"a": LINE | {"raw": [1.0, 0.0]}}}, "raw"),
        ({"signals": {"a": LINE | {"raw": [0.0, 0.0]}}}, "raw"),
        ({"signals": {"a": LINE | {"log_odds": [1.0, -1.0]}}}, "log_odds"),
        ({"signals": {"a": LINE | {"log_odds": [0.0, 99.0]}}}, "log_odds"),
        ({"signals": {"a": LINE | {"log_odds": [0.0]}}}, "raw"),
        ({"signals": {"a": LINE | {"weight": -0.1}}}, "weight"),
        ({"signals": {"a": LINE | {"weight": True}}}, "weight"),
        ({"signals": {"a": LINE | {"offset": "0"}}}, "offset"),
        ({"signals": {"a": LINE | {"version": None}}}, "version"),
        ({"training": {"research_only": False, "terms": 1}}, "terms"),
        ({"signals": {"a": LINE | {"offset": 10**400}}}, "offset"),
        ({"bands": {"inconclusive": 0.1, "suspicious": 0.9, "fake": 0.8}}, "bands"),
        ({"bands": {"inconclusive": 0.5, "suspicious": 0.8, "fake": 0.9}}, "bands"),
        ({"floor": 0.5}, "floor"),
        ({"ceiling": -0.5}, "ceiling"),
        ({"least_quality": 50.5}, "least_quality"),
        ({"version": 1}, "version"),
        ({"training": None}, "training"),
        ({"untouched": {"pictures": 5, "shares": [], "uppers": []}}, "shares"),
        ({"untouched": {"pictures": 5, "shares": [0.1] * 98}}, "shares"),
        (
            {"untouched": {"pictures": 5, "shares": [0.2] * 99, "uppers": [0.1] * 99}},
            "uppers",
        ),
        (
            {"untouched": {"pictures": 0, "shares": [0.2] * 99, "uppers": [0.2] * 99}},
            "pictures",
        ),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(
    changes: dict[str, Any], named: str
) -> None:
    text = json.dumps(document(**changes)).encode()
    with pytest.raises(ModelIncompatibleError, match=named):
        parse_fusion(text, where="here")


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(document())), anything)
def test_any_other_value_is_refused_or_read_but_never_breaks(
    field: str, value: object
) -> None:
    text = json.dumps(document() | {field: value}).encode()
    try:
        found = parse_fusion(text, where="here")
    except ModelError:
        return
    assert found.signals

"""Calibrating the fusion on signals whose distribution, and so odds, are known."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from scipy.stats import norm

from forensics.analysis.fusion_model import load_fusion
from forensics.analysis.pipeline import AnalysisOptions, build_pipeline
from forensics.training.benchmark.leaks import read_hash_list
from forensics.training.fusion import (
    SUSPICIOUS,
    Calibrated,
    Goal,
    calibrate,
    threshold,
    untouched_shares,
)
from forensics.training.fusion_fit import fit_map, fit_weights, folds_of, supported
from forensics.training.fusion_publication import Story, figures, publish_fusion
from forensics.training.fusion_sheet import CalibrationError, tabulate
from tests.forensics.training.fusion_records import DISTANCE, record, records

STORY = Story(
    version="1.0.0",
    created="2026-11-24",
    command="python manage.py calibrate_fusion",
    records=("records.jsonl",),
    fitted_to=("equalized",),
    seed=1,
    research_only=True,
)


@pytest.fixture(scope="module")
def calibrated() -> Calibrated:
    return calibrate(tabulate(records(1200)), seed=1)


def test_a_map_recovers_the_log_likelihood_ratio_of_two_normal_classes() -> None:
    draw = np.random.default_rng(3)
    truth = np.arange(20_000) % 2 == 1
    raw = draw.normal(truth * DISTANCE)
    found = fit_map(raw, truth, least=200)
    for value in (-0.5, 0.5, 1.0, 1.5, 2.5):
        expected = DISTANCE * value - DISTANCE**2 / 2
        assert found.ratio(value) == pytest.approx(expected, abs=0.35)


def test_a_map_ignores_where_a_signal_does_not_apply_and_how_many_of_each_class() -> (
    None
):
    draw = np.random.default_rng(4)
    truth = np.arange(6_000) % 4 == 1
    raw = draw.normal(truth * DISTANCE)
    raw[::3] = np.nan
    found = fit_map(raw, truth, least=100)
    assert found.ratio(1.0) == pytest.approx(0.0, abs=0.4)


def test_a_signal_without_one_of_the_classes_says_nothing() -> None:
    raw = np.array([1.0, 2.0, np.nan])
    found = fit_map(raw, np.array([False, False, True]), least=1)
    assert found.part(1.5) == 0.0


def test_two_signals_that_say_the_same_count_once() -> None:
    draw = np.random.default_rng(5)
    truth = np.arange(4_000) % 2 == 1
    ratio = 2.0 * draw.normal(truth * 2.0) - 2.0
    both = np.stack([ratio, ratio], axis=1)
    weights, bias = fit_weights(both, np.ones_like(both, dtype=bool), truth)
    assert weights.sum() == pytest.approx(1.0, abs=0.1)
    assert bias == pytest.approx(0.0, abs=0.15)


def test_a_signal_that_is_wrong_more_often_than_not_gets_no_weight() -> None:
    draw = np.random.default_rng(6)
    truth = np.arange(2_000) % 2 == 1
    useful, harmful = draw.normal(truth * 2.0), -draw.normal(truth * 2.0)
    ratios = np.stack([useful, harmful], axis=1)
    weights, _ = fit_weights(ratios, np.ones_like(ratios, dtype=bool), truth)
    assert weights[0] > 0.2
    assert weights[1] == pytest.approx(0.0, abs=1e-6)


def test_the_score_is_calibrated_and_loses_nothing(calibrated: Calibrated) -> None:
    measured = figures(calibrated, seed=1)["equalized"]
    assert isinstance(measured, dict)
    best = norm.cdf(DISTANCE / np.sqrt(2))
    auc, error = measured["auc"], measured["calibration_error"]
    assert isinstance(auc, dict)
    assert isinstance(error, dict)
    assert auc["value"] == pytest.approx(best, abs=0.03)
    assert float(str(error["value"])) < 0.06


def test_the_bands_keep_their_promise_on_pictures_never_seen(
    calibrated: Calibrated,
) -> None:
    fresh = np.random.default_rng(99).normal(size=20_000)
    parts = [calibrated.signals[name] for name in ("localizer", "double_jpeg")]
    odds = sum(
        one.weight * np.interp(fresh * scale, one.raw, one.log_odds) + one.offset
        for one, scale in zip(parts, (1.0, 3.0), strict=True)
    )
    scores = 1 / (1 + np.exp(-odds))
    assert np.mean(scores >= calibrated.bands.suspicious) <= SUSPICIOUS.bound
    assert calibrated.bands.inconclusive < calibrated.bands.suspicious
    assert calibrated.bands.suspicious < calibrated.bands.fake


def test_shares_of_untouched_pictures_fall_and_begin_with_all(
    calibrated: Calibrated,
) -> None:
    assert calibrated.shares[0] == 1.0
    assert list(calibrated.shares) == sorted(calibrated.shares, reverse=True)
    assert calibrated.pictures == 600
    at = round(calibrated.bands.suspicious * 100)
    assert calibrated.shares[at] <= SUSPICIOUS.rate


def test_a_threshold_stands_between_the_last_allowed_and_the_next() -> None:
    made = [
        record(index, {"localizer": 0.0}, is_fake=index >= 100) for index in range(200)
    ]
    sheet = tabulate(made)
    scores = np.concatenate([np.arange(100) / 200 + 0.4, np.full(100, 0.5)])
    log_odds = np.log(scores / (1 - scores))
    # Of 100 pictures, two may score .89 and .895; the third, .885, may not.
    goal = Goal(rate=0.02, bound=0.10, least=0.6)
    assert threshold(sheet, log_odds, goal) == pytest.approx(0.886)
    with pytest.raises(CalibrationError, match="too few"):
        threshold(sheet, log_odds, Goal(rate=0.01, bound=0.01, least=0.6))


def test_pictures_of_one_source_lie_in_one_fold() -> None:
    groups = np.random.default_rng(1).integers(40, size=400)
    folds = folds_of(groups, seed=2, folds=5)
    for group in range(40):
        assert len(set(folds[groups == group].tolist())) == 1
    assert min(np.bincount(folds)) > 60


def test_pictures_of_one_source_count_as_one_witness() -> None:
    made = [
        record(index, {"localizer": 0.0}, is_fake=index >= 100) for index in range(200)
    ]
    same = [replace(one, source="made/0") for one in made[:40]]
    log_odds = np.concatenate([np.full(40, 2.0), np.zeros(160)])
    goal = Goal(rate=0.02, bound=0.10, least=0.6)
    assert threshold(tabulate(made), log_odds, goal) > 0.88
    shared = tabulate([*same, *made[40:]])
    assert threshold(shared, log_odds, goal) == pytest.approx(0.6)
    # Half of that source's pictures are half a witness, wherever they stand.
    halves = np.concatenate([np.full(20, 2.0), np.zeros(180)])
    assert threshold(shared, halves, replace(goal, rate=0.5 / 61)) == pytest.approx(0.6)
    assert threshold(shared, log_odds, replace(goal, rate=0.5 / 61)) > 0.88
    assert untouched_shares(shared, log_odds)[2] == 61


def test_a_picture_in_two_runs_joins_the_groups_of_both() -> None:
    first = [replace(one, source="made/0") for one in records(200)[:2]]
    second = [
        record(0, {"localizer": 0.0}, is_fake=False, protocol="raw"),
        record(5, {"localizer": 0.0}, is_fake=True, protocol="raw", source="made/0"),
    ]
    sheet = tabulate([*records(200)[2:], *first, *second])
    names = [*range(2, 200), 0, 1, 0, 5]
    group_of = dict(zip(names, sheet.groups.tolist(), strict=True))
    assert group_of[0] == group_of[1] == group_of[5]
    assert len(set(sheet.groups.tolist())) == 198


def test_what_is_called_is_measured_by_bands_that_others_set(
    calibrated: Calibrated,
) -> None:
    """Untouched pictures are N(0, 1): what bands call of others is close to it."""
    assert calibrated.crossed is not None
    untouched = calibrated.sheet.is_untouched
    share = float(np.mean(calibrated.crossed.suspicious[untouched]))
    inside = float(np.mean(calibrated.scores[untouched] >= calibrated.bands.suspicious))
    assert 0 < share <= SUSPICIOUS.bound
    assert share != inside
    # 65 untouched pictures of 40 sources: enough for suspicious, too few for fake.
    paired = [
        replace(one, source=f"pair/{number // 4}")
        if one.label == "authentic" and number < 100
        else one
        for number, one in enumerate(records(130))
    ]
    few = calibrate(tabulate(paired), seed=1)
    assert few.crossed is not None
    assert few.crossed.fake is None
    assert few.scores.max() < few.bands.fake
    measured = figures(few, seed=1)["equalized"]
    assert measured["sources"] == 40
    assert "untouched_fake" not in measured
    assert measured["untouched_suspicious"]["low"] == 0.0
    assert measured["kinds"]["splice"]["value"] == measured["auc"]["value"]


def test_each_fold_may_call_what_all_may() -> None:
    """What bands of four folds call of the fifth is about what the promise allows."""
    wide = calibrate(tabulate(records(1200)), seed=1)
    assert wide.crossed is not None
    assert wide.crossed.fake is not None
    untouched = wide.sheet.is_untouched
    shares = [wide.crossed.suspicious[untouched].mean(), SUSPICIOUS.rate]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)
    assert 0 < wide.crossed.fake[untouched].mean() < 0.02


def test_records_of_two_pictures_under_one_name_are_refused() -> None:
    first = replace(records(200)[0], digest="a" * 16)
    with pytest.raises(CalibrationError, match="another picture"):
        tabulate([*records(200), first, replace(first, digest="b" * 16)])


def test_the_pictures_it_rests_on_are_listed(
    calibrated: Calibrated, tmp_path: Path
) -> None:
    sheet = replace(calibrated.sheet, known=("0123456789abcdef a\u2028b.jpg",))
    folder = publish_fusion(tmp_path, STORY, replace(calibrated, sheet=sheet))
    listed = read_hash_list((folder / "training.hashes").read_bytes(), title="fusion")
    assert listed.hashes.tolist() == [0x0123456789ABCDEF]
    seen = [replace(one, look=f"{number:016x}") for number, one in enumerate(records())]
    assert tabulate(seen).known[5] == "0000000000000005 5.jpg"
    seen[0] = replace(seen[0], made_from=["coast.jpg"])
    assert tabulate(seen).known[1] == "0000000000000000 coast.jpg"


def test_too_few_pictures_or_no_signal_are_refused() -> None:
    with pytest.raises(CalibrationError, match="60 tampered"):
        tabulate(records(40))
    with pytest.raises(CalibrationError, match="No record has a number of cnn"):
        tabulate(records(200), signals=("cnn",))
    with pytest.raises(CalibrationError, match="untouched"):
        tabulate(records(200), untouched=("photos",))


def test_records_of_several_versions_or_none_are_refused() -> None:
    made = records(200)
    other = record(0, {"localizer": 0.0}, is_fake=False, version="2")
    with pytest.raises(CalibrationError, match=r"one version of localizer.*'1', '2'"):
        tabulate([*made[1:], other])
    unnoted = [record(0, {"localizer": 0.0}, is_fake=False, version="")]
    with pytest.raises(CalibrationError, match="one version of localizer"):
        tabulate(unnoted)


def test_no_signal_says_more_than_its_smallest_block_can_carry() -> None:
    found = calibrate(tabulate(records(1200, distance=6.0)), seed=1)
    for one in found.signals.values():
        most = one.weight * max(abs(ratio) for ratio in one.log_odds)
        assert most <= math.log(1200 / 40 / 0.5) + 1e-9
    assert supported(100) == pytest.approx(math.log(40))
    assert supported(8000) == pytest.approx(math.log(400))


def test_refused_pictures_are_left_out_and_later_records_replace_earlier() -> None:
    made = records(200)
    again = [*made, *records(200, seed=1)]
    assert len(tabulate(again).truth) == 200


def test_the_command_writes_what_the_pipeline_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "records.jsonl"
    made = records(400, protocols=("raw", "equalized"))
    source.write_text("".join(one.to_line() for one in made))
    store = tmp_path / "store"
    arguments = ["--records", str(source), "--output", str(store)]
    call_command("calibrate_fusion", *arguments)
    assert "suspicious from" in capsys.readouterr().out
    found = load_fusion(store)
    assert found is not None
    assert found.research_only
    assert set(found.signals) == {"localizer", "copy_move", "double_jpeg"}
    card = (store / "fusion" / "1.0.0" / "card.md").read_text()
    assert "| equalized | 200 + 200 |" in card
    assert str(tmp_path) not in card
    manifest = json.loads((store / "fusion/1.0.0/manifest.json").read_text())
    assert manifest["training"]["sets"] == {"made": {"fake": 200, "authentic": 200}}
    assert found.digest in str(
        build_pipeline(AnalysisOptions(model_store=store)).parameters["fusion"]
    )
    with pytest.raises(CommandError, match="exists"):
        call_command("calibrate_fusion", *arguments)
    call_command("calibrate_fusion", *arguments, "--replace", "--freely-usable")
    again = load_fusion(store)
    assert again is not None
    assert not again.research_only
    assert again.terms == "Rests on freely usable pictures only."
    assert {one.version for one in again.signals.values()} == {"1"}
    assert [f.name for f in (store / "fusion").iterdir()] == ["1.0.0"]


def test_a_replacement_that_fails_leaves_the_old_calibration(
    calibrated: Calibrated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_fusion(tmp_path, STORY, calibrated)
    before = load_fusion(tmp_path)
    rename, target = Path.rename, tmp_path / "fusion" / "1.0.0"

    def failing(self: Path, to: Path) -> Path:
        if to == target and self.name.startswith("1.0.0-"):
            raise OSError(28, "No space left on device")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space"):
        publish_fusion(tmp_path, STORY, calibrated, replace=True)
    assert load_fusion(tmp_path) == before
    assert [folder.name for folder in target.parent.iterdir()] == ["1.0.0"]


def test_the_command_says_what_is_wrong_with_the_records(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("calibrate_fusion", "--records", str(tmp_path / "none.jsonl"))

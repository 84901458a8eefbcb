"""Analyzes the original of a report once more, with the report's own options."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from forensics.analysis.declared import declared_fake, remarked
from forensics.analysis.fusion_model import FUSION_NAME
from forensics.analysis.localizer import LocalizerAnalyzer
from forensics.analysis.model_store import versions
from forensics.analysis.network import MODEL_NAME as CNN_MODEL
from forensics.analysis.network import CnnAnalyzer, Engine
from forensics.analysis.pipeline import build_pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from forensics.analysis.pipeline import AnalysisOptions
    from forensics.analysis.types import Report

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# Models that a report names and that are no localizers.
_OTHERS = frozenset((CNN_MODEL, FUSION_NAME))
_WITHOUT_CALIBRATION = "none: judgment"
KNOWN_FAKE = "known_fake"
KNOWN_CODES = frozenset(
    (
        KNOWN_FAKE,
        "known_fake_near",
        "known_good",
        "known_good_near",
        "known_incomplete",
    )
)


def rerun(
    recorded: Mapping[str, Any], data: bytes, *, options: AnalysisOptions
) -> Report:
    """Analyze ``data`` as the recorded analysis did, as far as it is possible here.

    Raises
    ------
    ImageRejectedError
        This installation does not take these bytes.
    """
    found = build_pipeline(options_of(recorded, options)).analyze(data)
    return _declared(recorded, found)


def known_reasons(recorded: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the reasons that banks of known images gave, which nobody can repeat."""
    return [one for one in recorded["reasons"] if one["code"] in KNOWN_CODES]


def _declared(recorded: Mapping[str, Any], found: Report) -> Report:
    """Add what the banks said then: they are people's records, not an analysis."""
    for reason in known_reasons(recorded):
        declare = declared_fake if reason["code"] == KNOWN_FAKE else remarked
        found = declare(found, code=reason["code"], text=reason["text"])
    return found


def options_of(
    recorded: Mapping[str, Any], options: AnalysisOptions
) -> AnalysisOptions:
    """Return this installation's options with what the report says of its own.

    What the report names and is not to be had here is left as it is here; the
    comparison then says so.
    """
    parameters = recorded["parameters"]
    checks = {finding["name"]: finding for finding in recorded["findings"]}
    quality, engine = parameters.get("ela_quality"), parameters.get("cnn_engine")
    if isinstance(quality, int) and 1 <= quality <= 100:
        options = replace(options, ela_quality=quality)
    if engine in set(Engine):
        chosen = cast("Literal['litert', 'tensorflow']", str(engine))
        options = replace(options, cnn_engine=chosen)
    if not {CnnAnalyzer.name, LocalizerAnalyzer.name} & checks.keys():
        options = replace(options, model_store=None)
    if parameters.get("fusion") == _WITHOUT_CALIBRATION:
        options = replace(options, calibrated=False)
    if parameters.get("tag_reader") == "none":
        options = replace(options, tag_reader=None)
    if parameters.get("c2pa_trust_list") is None:
        options = replace(options, trust_list=None)
    return replace(options, localizer=_localizer(recorded, checks, options))


def _localizer(
    recorded: Mapping[str, Any], checks: Mapping[str, Any], options: AnalysisOptions
) -> str | None:
    """Return the very version that took part, where the store here has it."""
    finding = checks.get(LocalizerAnalyzer.name)
    if finding is None:
        return None
    _, _, model_and_digest = finding["version"].partition("/")
    for model in recorded["models"]:
        is_it = model_and_digest.startswith(f"{model['version']}-")
        if is_it and model["name"] not in _OTHERS and _is_here(model, options):
            return f"{model['name']}@{model['version']}"
    return options.localizer


def _is_here(model: Mapping[str, Any], options: AnalysisOptions) -> bool:
    """Look for a model by a name from the file, which is no path of ours."""
    store, name = options.model_store, model["name"]
    if store is None or not _NAME.fullmatch(name) or not (store / name).is_dir():
        return False
    return model["version"] in {str(version) for version in versions(store, name)}

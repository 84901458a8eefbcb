"""What a result says: states, places, thresholds, and a person's decision beside it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from config.tasks import analyze_image
from forensics.models import Analysis, LocalizedArea
from forensics.states import FINISHED, NEXT, PENDING, USABLE, AnalysisStatus
from moderation.models import AuditEvent
from moderation.services import undo_decision
from tests.api.helpers import assert_problem, upload
from tests.factories import (
    make_analysis,
    make_area,
    make_case,
    make_finding,
    make_image,
    make_user,
)
from tests.moderation.checks import decide, decided, second_of, shares, time_passes

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import Case
    from tests.api.conftest import ApiOf, TestClient

pytestmark = pytest.mark.django_db


def analyzed(client: TestClient, data: bytes) -> dict[str, Any]:
    url = upload(client, data).json()["analysis"]["url"]
    analyze_image.call(url.rstrip("/").rsplit("/", 1)[-1])
    body: dict[str, Any] = client.get(url).json()
    return body


def png(pixels: np.ndarray) -> bytes:
    buffer = BytesIO()
    PillowImage.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def copied_square() -> bytes:
    """Return noise with a square of it pasted elsewhere: copy-move finds both."""
    pixels = np.random.default_rng(7).integers(40, 216, (256, 320, 3))
    pixels[150:230, 200:290] = pixels[20:100, 20:110]
    return png(pixels)


def test_the_states_of_an_analysis_are_those_of_the_documentation() -> None:
    assert {status.value for status in AnalysisStatus} == {
        "queued",
        "running",
        "completed",
        "partial",
        "failed",
        "not_applicable",
    }
    assert set(FINISHED) | set(PENDING) == set(AnalysisStatus)
    assert all(NEXT[status] == () for status in FINISHED)
    assert set(FINISHED) - set(USABLE) == {AnalysisStatus.FAILED}


def test_a_picture_that_no_check_fits_is_not_applicable_and_says_why(
    api_of: ApiOf, integrator: User
) -> None:
    dot = png(np.full((2, 2), 90))

    result = analyzed(api_of(integrator), dot)

    assert result["status"] == "not_applicable"
    assert result["verdict"] == "inconclusive"
    assert "too_small" in {reason["code"] for reason in result["reasons"]}
    assert not any(reason["weight"] for reason in result["reasons"])


def test_not_applicable_results_are_found_by_their_status(
    api_of: ApiOf, moderator: User
) -> None:
    made = make_analysis(status=AnalysisStatus.NOT_APPLICABLE, verdict="inconclusive")
    make_analysis()

    for path in ("analyses", "images"):
        answer = api_of(moderator).get(f"/api/v1/{path}/?status=not_applicable")
        (row,) = answer.json()["results"]
        assert row["id"] in {str(made.pk), str(made.image_id)}


def test_edited_places_come_as_runs_outlines_and_a_picture_that_agree(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)

    result = analyzed(client, copied_square())

    signal = next(s for s in result["signals"] if s["name"] == "copy_move")
    assert "copy_move" in signal["codes"]
    for place in (result["localization"], signal["localization"]):
        assert (place["width"], place["height"]) == (320, 256)
        marked = decoded(place["rle"])
        drawn = PillowImage.open(BytesIO(client.get(place["png_url"]).content))
        assert (np.asarray(drawn) == marked).all()
        assert place["share"] == pytest.approx(marked.mean(), abs=1e-5)
        assert marked[place_of(60, 60, place["cell"])]
        assert marked[place_of(190, 245, place["cell"])]
        assert not marked[place_of(125, 10, place["cell"])]
        for outline in place["polygons"]:
            for x, y in outline["exterior"]:
                assert 0 <= x <= 320
                assert 0 <= y <= 256
    assert [s["name"] for s in result["signals"] if s["localization"]]


def place_of(row: int, column: int, cell: int) -> tuple[int, int]:
    return row // cell, column // cell


def decoded(rle: dict[str, Any]) -> np.ndarray:
    """Read COCO's run lengths as its tools do, written anew from their description."""
    counts: list[int] = []
    values = [ord(character) - 48 for character in rle["counts"]]
    while values:
        number = place = 0
        more = True
        while more:
            bits = values.pop(0)
            number += (bits & 0x1F) << (5 * place)
            more = bool(bits & 0x20)
            place += 1
            if not more and bits & 0x10:
                number -= 1 << (5 * place)
        if len(counts) > 2:
            number += counts[-2]
        counts.append(number)
    rows, columns = rle["size"]
    flat = np.concatenate([np.full(n, i % 2) for i, n in enumerate(counts)])
    return flat.reshape(columns, rows).T.astype(bool)


def test_a_result_without_places_says_null(api_of: ApiOf, moderator: User) -> None:
    analysis = make_analysis()
    client, path = api_of(moderator), f"/api/v1/analyses/{analysis.pk}/"

    body = client.get(path).json()

    assert body["localization"] is None
    assert body["signals"][0]["localization"] is None
    for query in ("", "?signal=nothing", "?signal=%00", "?signal=" + "x" * 999):
        assert_problem(client.get(f"{path}mask/{query}"), 404, "not_found")


def test_the_mask_of_a_signal_is_its_own_and_seeing_it_is_on_record(
    api_of: ApiOf, moderator: User, integrator: User
) -> None:
    analysis = make_analysis()
    make_area(analysis=analysis)
    area = make_area(analysis=analysis, signal="metadata")
    LocalizedArea.objects.filter(pk=area.pk).update(counts="0`0")
    make_finding(analysis=analysis, analyzer="ela")
    client = api_of(moderator)
    body = client.get(f"/api/v1/analyses/{analysis.pk}/").json()
    before = AuditEvent.objects.filter(action="evidence_viewed").count()
    own = next(s for s in body["signals"] if s["name"] == "metadata")["localization"]

    joined = client.get(body["localization"]["png_url"])
    single = client.get(own["png_url"])
    again = client.get(own["png_url"], HTTP_IF_NONE_MATCH=single.headers["ETag"])

    assert own["png_url"].endswith("/mask/?signal=metadata")
    assert joined.headers["Content-Type"] == "image/png"
    assert joined.content != single.content
    assert again.status_code == 304
    assert AuditEvent.objects.filter(action="evidence_viewed").count() == before + 2
    assert_problem(api_of(integrator).get(own["png_url"]), 404, "not_found")


def test_thresholds_are_those_of_the_time(api_of: ApiOf, moderator: User) -> None:
    bands = {"inconclusive": 0.2, "suspicious": 0.6, "fake": 0.9}
    measured = {"bands": bands, "untouched": None, "stability": None}
    new, old = make_analysis(uncertainty=measured), make_analysis(uncertainty={})
    client = api_of(moderator)

    assert client.get(f"/api/v1/analyses/{new.pk}/").json()["thresholds"] == bands
    assert client.get(f"/api/v1/analyses/{old.pk}/").json()["thresholds"] is None


# --- The decision of a person, beside -------------------------------------------------
def decisions_seen(client: TestClient, case: Case) -> list[Any]:
    """Return what each place shows of the decision about the case's picture."""
    image = client.get(f"/api/v1/images/{case.image_id}/").json()
    analysis = client.get(f"/api/v1/analyses/{case.analysis_id}/").json()
    rows = client.get("/api/v1/images/").json()["results"]
    listed = next(row for row in rows if row["id"] == str(case.image_id))
    return [image["decision"], analysis["decision"], listed["decision"]]


def test_a_decision_stands_beside_the_verdict_and_never_over_it(
    api_of: ApiOf, moderator: User
) -> None:
    case = decided(moderator, "authentic")
    client = api_of(moderator)

    shown = decisions_seen(client, case)
    result = client.get(f"/api/v1/analyses/{case.analysis_id}/").json()

    assert all(one == shown[0] for one in shown)
    assert shown[0]["outcome"] == "authentic"
    assert shown[0]["reason"] == "no_trace_found"
    assert shown[0]["case"] == str(case.pk)
    assert shown[0]["analysis"] == str(case.analysis_id)
    assert (result["verdict"], result["score"]) == ("suspicious", 0.7)


def test_no_decision_is_null(api_of: ApiOf, moderator: User) -> None:
    assert decisions_seen(api_of(moderator), make_case()) == [None, None, None]


def test_a_sender_learns_of_a_decision_once_it_is_final_without_its_reason(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    image = make_image(submitted_by=integrator)
    case = make_case(analysis=make_analysis(image=image))
    decide(case, moderator, "fake")
    client = api_of(integrator)
    assert decisions_seen(client, case) == [None, None, None]

    time_passes()

    shown = decisions_seen(client, case)
    assert [(one["outcome"], one["reason"]) for one in shown] == [("fake", None)] * 3


def test_a_decision_taken_back_is_gone(api_of: ApiOf, moderator: User) -> None:
    case = make_case()
    decision = decide(case, moderator, "fake")
    client = api_of(moderator)
    assert decisions_seen(client, case)[0]["outcome"] == "fake"

    undo_decision(decision_id=decision.pk, actor=moderator)

    assert decisions_seen(client, case) == [None, None, None]


def test_whoever_gives_a_second_opinion_sees_no_first_one(api_of: ApiOf) -> None:
    first, second = make_user("moderator"), make_user("moderator")
    shares(second=1.0)
    case = decided(first)
    assert second_of(case)

    assert decisions_seen(api_of(second), case) == [None, None, None]
    assert decisions_seen(api_of(first), case)[0]["outcome"] == "fake"


def test_a_duplicate_upload_answers_with_the_decision_as_well(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    client = api_of(integrator)
    url = upload(client, copied_square()).json()["url"]
    analysis = Analysis.objects.get()
    analyze_image.call(str(analysis.pk))
    analysis.refresh_from_db()
    case = make_case(analysis=analysis) if not analysis.image.cases.exists() else None
    decide(case or analysis.image.cases.get(), moderator, "fake")
    time_passes()

    again = upload(client, copied_square()).json()

    assert again["url"] == url
    assert again["decision"]["outcome"] == "fake"

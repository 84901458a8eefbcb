"""The evidence page for people who are no experts: four parts, loud ones first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from forensics.analysis.types import FindingStatus
from tests.factories import (
    make_analysis,
    make_case,
    make_evidence,
    make_finding,
    make_image,
)
from tests.forensics.pages import ClientOf

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from forensics.models import Analysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def checked() -> Analysis:
    """Return an analysis with checks of every kind: codes, weight, quiet, silent."""
    made = make_analysis(
        image=make_image(),
        reasons=[
            {"code": "editing_software", "text": "Edited.", "weight": 0.9},
            {"code": "localizer", "text": "Traces.", "weight": 3.1},
        ],
    )
    for name, status in (
        ("ela", FindingStatus.OK),
        ("localizer", FindingStatus.OK),
        ("double_jpeg", FindingStatus.NOT_APPLICABLE),
        ("cnn", FindingStatus.FAILED),
        ("of_the_future", FindingStatus.OK),
    ):
        finding = make_finding(
            analysis=made, analyzer=name, status=status, codes=[], data={}, elapsed_ms=7
        )
        if name in {"ela", "localizer"}:
            make_evidence(analysis=made, kind=name, finding=finding)
    make_evidence(analysis=made, kind="preview")
    return made


def pages(analysis: Analysis) -> list[str]:
    case = make_case(analysis=analysis)
    return [
        reverse("forensics:image-detail", args=[analysis.image_id]),
        reverse("moderation:case", args=[case.pk]),
    ]


def cards(html: str) -> list[str]:
    return re.findall(r'<article class="card finding .*?</article>', html, re.DOTALL)


def test_what_speaks_comes_first_and_the_rest_is_folded_with_its_number(
    client_of: ClientOf, moderator: User, checked: Analysis
) -> None:
    for address in pages(checked):
        response = client_of(moderator).get(address)
        groups = {
            group.key: [card.finding.analyzer for card in group.cards]
            for group in response.context["evidence"].groups
        }
        # The strongest part of the verdict first, what broke last.
        assert groups == {
            "speaking": ["localizer", "metadata", "cnn"],
            "quiet": ["ela", "of_the_future"],
            "not-applicable": ["double_jpeg"],
        }
        html = response.content.decode()
        folded = re.findall(
            r'<details class="finding-group" data-group="([\w-]+)">.*?'
            r'<h3>([\w ]+) <span class="count">(\d)</span></h3>',
            html,
            re.DOTALL,
        )
        assert folded == [
            ("quiet", "Nothing found", "2"),
            ("not-applicable", "Not applicable", "1"),
        ]


def test_every_check_says_four_things_its_state_and_its_time(
    client_of: ClientOf, moderator: User, checked: Analysis
) -> None:
    for address in pages(checked):
        html = client_of(moderator).get(address).content.decode()
        found = cards(html)
        assert len(found) == 6
        for card in found:
            assert "7 ms" in card or "2 ms" in card
            assert 'class="state ' in card
            assert "What we found" in card
            assert "What it means" in card
            if "of_the_future" not in card:  # its words are still to be written
                assert "What we looked at" in card
                assert "What it cannot tell" in card
        assert "In the verdict it speaks strongly for fake." in found[0]
        assert "not proof that nothing was changed" in found[3]


def test_every_evidence_picture_can_be_compared_with_the_original(
    client_of: ClientOf, moderator: User, checked: Analysis
) -> None:
    odd = make_evidence(
        analysis=checked,
        kind="spectrum",
        finding=checked.findings.get(analyzer="of_the_future"),
    )
    odd.width = odd.height = 100
    odd.save()
    for address in pages(checked):
        html = client_of(moderator).get(address).content.decode()
        kinds = re.findall(r'data-stage-overlay="(\w+)"', html)
        # In the order of the cards; one of another shape cannot lie over it.
        assert kinds == ["localizer", "ela", "spectrum"]
        choice = html.split('id="stage-evidence"')[1].split("</select>")[0]
        assert re.findall(r'<option value="(\w+)"', choice) == kinds
        assert html.count("data-stage-covers") == 2
        assert sorted(re.findall(r'data-compare="(\w+)"', html)) == sorted(kinds)
        for picture in re.findall(r"<img [^>]*/evidence/[^>]*>", html):
            assert re.search(r'alt="[^"]+"', picture)


def test_a_check_without_words_of_its_own_is_explained_by_its_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from forensics import wording
    from forensics.explanation import explain

    words = wording.Words("New", "cpu", "Looks for x. Y can look like x.")
    monkeypatch.setattr(wording, "ANALYZERS", {"new": words})
    told = explain(name="new", status="ok", codes=[], reasons=[])
    assert told.looked_at == "Looks for x."
    assert told.cannot_tell == "Y can look like x."


def test_the_pages_offer_the_report(
    client_of: ClientOf, moderator: User, checked: Analysis
) -> None:
    for address in pages(checked):
        html = client_of(moderator).get(address).content.decode()
        for kind in ("pdf", "json"):
            assert reverse(f"moderation:report-{kind}", args=[checked.pk]) in html


def test_the_pages_need_as_many_queries_for_many_findings_as_for_few(
    client_of: ClientOf,
    moderator: User,
    checked: Analysis,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client, addresses = client_of(moderator), pages(checked)
    counts = []
    for more in range(0, 20, 10):
        for number in range(more):
            finding = make_finding(analysis=checked, analyzer=f"check_{number}")
            make_evidence(analysis=checked, kind=f"map_{number}", finding=finding)
        for address in addresses:
            with django_assert_num_queries(36, exact=False) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]

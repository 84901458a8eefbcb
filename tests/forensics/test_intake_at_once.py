"""The same bytes from several senders in the same moment, on a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from forensics.models import Analysis, Image, Submission
from tests.forensics.test_intake import picture, submit

SENDERS = 4


def send(data: bytes) -> None:
    try:
        submit(data)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("earlier", ["none", "failed", "older pipeline"])
def test_each_sender_is_answered_and_one_analysis_runs(earlier: str) -> None:
    pictures = [picture(size=(100 + n, 80)) for n in range(5)]
    if earlier != "none":
        for data in pictures:
            submit(data)
        status = "failed" if earlier == "failed" else "completed"
        Analysis.objects.update(status=status, pipeline_version="0.1")
    before = Submission.objects.count()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, [data for data in pictures for _ in range(SENDERS)]))
    assert Image.objects.count() == len(pictures)
    assert Submission.objects.count() == before + len(pictures) * SENDERS
    assert Analysis.objects.filter(status="queued").count() == len(pictures)

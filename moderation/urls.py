"""Addresses under /cases/."""

from django.urls import path

from moderation.views import actions
from moderation.views.case import case_detail
from moderation.views.insight import insight_page
from moderation.views.queue import queue
from moderation.views.reports import report_json, report_pdf

app_name = "moderation"

urlpatterns = [
    path("", queue, name="queue"),
    path("insight/", insight_page, name="insight"),
    path("open/<uuid:image_id>/", actions.open_by_hand, name="open"),
    path("reports/<uuid:analysis_id>.json", report_json, name="report-json"),
    path("reports/<uuid:analysis_id>.pdf", report_pdf, name="report-pdf"),
    path("<uuid:case_id>/", case_detail, name="case"),
    path("<uuid:case_id>/claim/", actions.claim, name="claim"),
    path("<uuid:case_id>/release/", actions.release, name="release"),
    path("<uuid:case_id>/decide/", actions.decide, name="decide"),
    path("<uuid:case_id>/reopen/", actions.reopen, name="reopen"),
]

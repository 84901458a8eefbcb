"""Addresses under /cases/."""

from django.urls import include, path

from moderation.views import (
    actions,
    appeals,
    audit,
    bulk,
    exports,
    flow,
    lists,
    notifications,
    passing_on,
    quality,
    related,
    saved_views,
    tags,
)
from moderation.views.case import case_detail
from moderation.views.finding import find
from moderation.views.insight import insight_page
from moderation.views.proposals import approve
from moderation.views.reports import report_json, report_pdf

app_name = "moderation"

urlpatterns = [
    path("", lists.case_list, name="queue"),
    path("decisions/", lists.decision_list, name="decisions"),
    path("bulk/", bulk.choose, name="bulk"),
    path("bulk/confirm/", bulk.confirm, name="bulk-confirm"),
    path("bulk/<uuid:change_id>/", bulk.result, name="bulk-result"),
    path("views/<int:view_id>/", saved_views.change, name="view-change"),
    path("views/<slug:list_name>/", saved_views.save, name="view-save"),
    path("export/<slug:list_name>.csv", exports.export, name="export"),
    path("<uuid:case_id>/tags/", tags.tag, name="tags"),
    path("insight/", insight_page, name="insight"),
    path("", include("moderation.policy_urls")),
    path("open/<uuid:image_id>/", actions.open_by_hand, name="open"),
    path("reports/<uuid:analysis_id>.json", report_json, name="report-json"),
    path("reports/<uuid:analysis_id>.pdf", report_pdf, name="report-pdf"),
    path("<uuid:case_id>/", case_detail, name="case"),
    path("find/", find, name="find"),
    path("review/", flow.start, name="review"),
    path("review/next/", flow.upcoming, name="upcoming"),
    path("decisions/<uuid:decision_id>/undo/", flow.undo, name="undo"),
    path("audit/", audit.listing, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("notifications/", notifications.listing, name="notifications"),
    path("notifications/read/", notifications.read, name="notifications-read"),
    path("<uuid:case_id>/claim/", flow.claim, name="claim"),
    path("<uuid:case_id>/renew/", flow.renew, name="renew"),
    path("<uuid:case_id>/release/", flow.release, name="release"),
    path("<uuid:case_id>/skip/", flow.skip, name="skip"),
    path("<uuid:case_id>/hold/", passing_on.hold, name="hold"),
    path("<uuid:case_id>/resume/", passing_on.resume, name="resume"),
    path("<uuid:case_id>/escalate/", passing_on.escalate, name="escalate"),
    path("<uuid:case_id>/assign/", passing_on.assign, name="assign"),
    path("<uuid:case_id>/comment/", passing_on.comment, name="comment"),
    path("<uuid:case_id>/related/", related.related, name="related"),
    path("<uuid:case_id>/approve/", approve, name="approve"),
    path("<uuid:case_id>/decide/", actions.decide, name="decide"),
    path("<uuid:case_id>/reopen/", actions.reopen, name="reopen"),
    path("quality/", quality.report, name="quality"),
    path("quality/mine/", quality.mine, name="quality-mine"),
    path("<uuid:case_id>/golden/", quality.golden, name="golden"),
    path("appeals/", appeals.listing, name="appeals"),
    path("<uuid:case_id>/appeal/", appeals.appeal, name="appeal"),
]

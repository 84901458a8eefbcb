"""Addresses of policies, back-tests and queues, under /cases/."""

from django.urls import path, register_converter

from moderation.models import VersionState
from moderation.views import policies, publishing, queues


class StateConverter:
    """Where a version can be put to work."""

    regex = f"{VersionState.SHADOW.value}|{VersionState.LIVE.value}"

    def to_python(self, value: str) -> str:
        """Return the word."""
        return value

    def to_url(self, value: str) -> str:
        """Return the word."""
        return value


register_converter(StateConverter, "working_state")

_VERSION = "policies/<int:policy_id>/versions/<int:number>"
urlpatterns = [
    path("policies/", policies.policies, name="policies"),
    path("policies/new/", policies.create, name="policy-new"),
    path("policies/preview/", policies.preview, name="policy-preview"),
    path("policies/<int:policy_id>/", policies.policy, name="policy"),
    path("policies/<int:policy_id>/edit/", policies.edit, name="policy-edit"),
    path("policies/<int:policy_id>/move/", publishing.move, name="policy-move"),
    path(
        "policies/<int:policy_id>/discard/", publishing.discard, name="policy-discard"
    ),
    path(
        f"{_VERSION}/<working_state:state>/", publishing.publish, name="policy-publish"
    ),
    path(f"{_VERSION}/retire/", publishing.retire, name="policy-retire"),
    path(f"{_VERSION}/test/", publishing.start_backtest, name="policy-test"),
    path("backtests/<uuid:backtest_id>/", publishing.backtest, name="backtest"),
    path(
        "backtests/<uuid:backtest_id>/status/",
        publishing.backtest_status,
        name="backtest-status",
    ),
    path(
        "backtests/<uuid:backtest_id>/cancel/",
        publishing.cancel_backtest,
        name="backtest-cancel",
    ),
    path("queues/", queues.queues, name="queues"),
    path("queues/new/", queues.create, name="queue-new"),
    path("queues/preview/", queues.preview, name="queue-preview"),
    path("queues/<slug:slug>/", queues.edit, name="queue-edit"),
    path("queues/<slug:slug>/move/", queues.move, name="queue-move"),
    path("queues/<slug:slug>/close/", queues.close, name="queue-close"),
    path("queues/<slug:slug>/reopen/", queues.reopen, name="queue-reopen"),
]

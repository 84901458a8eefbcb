"""Addresses of webhooks, under /settings/webhooks/."""

from django.urls import path

from moderation.views import webhooks

app_name = "webhooks"
urlpatterns = [
    path("", webhooks.listing, name="list"),
    path("new/", webhooks.create, name="new"),
    path("<uuid:endpoint_id>/", webhooks.detail, name="endpoint"),
    path("<uuid:endpoint_id>/edit/", webhooks.edit, name="edit"),
    path("<uuid:endpoint_id>/act/", webhooks.act, name="act"),
    path("<uuid:endpoint_id>/secret/", webhooks.rotate, name="rotate"),
    path("<uuid:endpoint_id>/replay/", webhooks.replay_span, name="replay-span"),
    path("deliveries/<uuid:delivery_id>/", webhooks.delivery, name="delivery"),
    path("deliveries/<uuid:delivery_id>/replay/", webhooks.replay, name="replay"),
]

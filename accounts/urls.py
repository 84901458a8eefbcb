"""Addresses under /settings/keys/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.key_list, name="settings-keys"),
    path("new/", views.key_new, name="settings-key-new"),
    path("accounts/new/", views.account_new, name="settings-account-new"),
    path("<uuid:key_id>/", views.key_detail, name="settings-key"),
    path("<uuid:key_id>/revoke/", views.key_revoke, name="settings-key-revoke"),
]

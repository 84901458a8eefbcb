"""Where everything is."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from accounts.admin import change_own_password
from config.health import health
from moderation.views import care, home
from moderation.views.keyboard import keyboard_settings

# Whoever enters the admin does so where a second factor is asked for.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home, name="home"),
    path("", include("accounts.signing_in.urls")),
    path("images/", include("forensics.urls")),
    path("cases/", include("moderation.urls")),
    path("settings/", care.own_settings, name="settings-care"),
    path(
        "settings/organization/",
        care.organization_settings,
        name="settings-organization",
    ),
    path("settings/webhooks/", include("moderation.webhook_urls")),
    path("settings/keyboard/", keyboard_settings, name="settings-keyboard"),
    path("settings/keys/", include("accounts.urls")),
    path("api/v1/", include("config.api_urls")),
    path("admin/password_change/", admin.site.admin_view(change_own_password)),
    path("admin/", admin.site.urls),
    path("words.js", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("healthz", health, name="health"),
]

# The same pages as ever for people, problem details for paths under /api/.
handler400 = "config.problems.bad_request"
handler403 = "config.problems.permission_denied"
handler404 = "config.problems.not_found"
handler500 = "config.problems.server_error"

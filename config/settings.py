"""Django settings, all of them from the environment (``config/env.py``)."""

from datetime import timedelta

from config.deprecation import DEPRECATED
from config.env import BASE_DIR, Environment
from config.outbound import outbound_rules
from config.signing_in import domains, origin_of, provider_address, providers
from config.storage import file_storages

_environment = Environment.read()
IS_PRODUCTION = _environment.is_production
DATA_DIR = _environment.data_folder()

SECRET_KEY = _environment.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = _environment.names("SECRET_KEY_FALLBACKS")
DEBUG = False
ALLOWED_HOSTS = _environment.hosts()
if not IS_PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = _environment.origins()

INSTALLED_APPS = [
    "accounts",
    "forensics",
    "moderation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks",
    "django_tasks_db",
    "django_filters",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
    "csp",
    "config",  # last: its admin replaces some that the packages above register
]
MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.context.AddressMiddleware",
    "accounts.api.middleware.KeyMiddleware",
    "accounts.language.PreferredLanguageMiddleware",
    "config.viewing.ViewingMiddleware",
    "config.sunset.SunsetMiddleware",
    "config.conditional.ConditionalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.signing_in.middleware.FactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.idempotency.IdempotencyMiddleware",  # last: it answers for the view
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Of all processes of this machine: failures are counted and codes are used up in it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
}
DATABASES = {"default": _environment.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.GuardedBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Signing in: allauth, with accounts.signing_in where it asks what holds here ----
ACCOUNT_ADAPTER = "accounts.signing_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
MFA_ADAPTER = "accounts.signing_in.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off (RFC 6238)
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
REQUIRE_MFA = _environment.choice("REQUIRE_MFA", "none", "staff", "all")
SOCIALACCOUNT_ADAPTER = "accounts.signing_in.adapters.ProviderAdapter"
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
OIDC_SERVER_URL = provider_address(_environment)
OIDC_NAME = _environment.text("OIDC_NAME") or "Single sign-on"
OIDC_DOMAINS = domains(_environment)
OIDC_GROUP = _environment.text("OIDC_GROUP").strip()
SOCIALACCOUNT_PROVIDERS = providers(_environment, OIDC_SERVER_URL, OIDC_NAME)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = file_storages(_environment, DATA_DIR)
# In development files are served as they lie in static/, with no collect step.
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = not IS_PRODUCTION

# A larger file goes to disk while it arrives; the cap is in forensics.uploads.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FILES = 100
FILE_UPLOAD_HANDLERS = [
    "forensics.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Analysis -------------------------------------------------------------------
MAX_UPLOAD_BYTES = _environment.number(
    "MAX_UPLOAD_BYTES", 64 * 1024 * 1024, least=1024, most=1024**3
)
MAX_PIXELS = _environment.number("MAX_PIXELS", 120_000_000, least=64, most=500_000_000)
CNN_ENGINE = _environment.choice("CNN_ENGINE", "litert", "tensorflow")
MODEL_STORE = _environment.folder("MODEL_STORE", "models_store")
LOCALIZER = _environment.text("LOCALIZER", "forgery-localizer")
EXIFTOOL = _environment.program("EXIFTOOL")
MAP_URL = _environment.map_address()
C2PA_TRUST_LIST = _environment.file("C2PA_TRUST_LIST", "trust_lists/c2pa.pem")
TILES_FROM_PIXELS = _environment.number(
    "TILES_FROM_PIXELS", 16_000_000, least=1, most=500_000_000
)
LEASE_SECONDS = _environment.number("LEASE_SECONDS", 30, least=1, most=3600)
ANALYSIS_TIME_LIMIT = _environment.number(
    "ANALYSIS_TIME_LIMIT", 300, least=1, most=86_400
)
MAX_ATTEMPTS = _environment.number("MAX_ATTEMPTS", 3, least=1, most=100)
DEMO_PASSWORD = _environment.text("DEMO_PASSWORD")

# The job that saving an image enqueues. Another task engine is another backend here.
ANALYSIS_TASK = "config.tasks.analyze_image"
TILES_TASK = "config.tasks.build_image_tiles"
# Puts on record what happens to people and tokens; their app knows nothing of it.
RECORDER = "moderation.services.audit.record"
# Of which pictures a person must not find what others wrote; asked by the search.
CONCEALED_REMARKS = "moderation.blinding.images_judged_unseen"
# Tells outsiders of an analysis that was given up, in the same transaction.
ANALYSIS_FAILED = "moderation.services.announcing.announce_failure"
# What people decided about pictures, beside what the machine said; asked by the API.
HUMAN_DECISIONS = "moderation.beside.decisions_about"
# What else answers about a resource can be expanded by: see forensics/api/shaping.py.
API_EXPANSIONS = {"image": "moderation.api.expansions.OF_IMAGE"}
# What will go, and when: config/sunset.py says so in headers and in the description.
API_DEPRECATIONS = DEPRECATED
# Says which scope a key needs for an address of the API.
API_SCOPES = "config.api_scopes.scopes_for"
BACKTEST_TASK = "config.tasks.run_policy_backtest"
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default"],
    },
}

# --- The way out, and webhooks --------------------------------------------------
FETCH_URLS = _environment.flag("FETCH_URLS", default=False)
OUTBOUND_RULES = outbound_rules(_environment)
EVENT_DAYS = _environment.number("EVENT_DAYS", 30, least=3, most=3650)

# --- API ------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["forensics.api.permissions.MayDo"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "forensics.api.renderers.PagesRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "forensics.api.parsers.SmallJSONParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["forensics.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "forensics.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "forensics.api.description.Described",
    "EXCEPTION_HANDLER": "config.problems.problem_details",
    # ``format`` is a property of images here, and filters by it.
    "URL_FORMAT_OVERRIDE": None,
    "STRICT_JSON": True,
}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_PREFIX": "pw_",
    "TOKEN_TTL": timedelta(days=90),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Pixelwarden API",
    "DESCRIPTION": "Send images, read what forensics found, decide cases.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # No badge of an outside validator.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.add_problems",
        "forensics.api.description.add_reads",
        "config.sunset.mark_deprecated",
        "config.request_examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AnalysisStatus": "forensics.states.AnalysisStatus",
        "KeyStatus": "accounts.api.key_serializers.STATES",
        "CaseStatus": "moderation.states.CaseStatus",
        "SignalStatus": "forensics.api.serializers.FINDING_STATUSES",
        "Verdict": "forensics.models.VERDICT_CHOICES",
        "Outcome": "moderation.models.Outcome",
        "DecisionReason": "moderation.models.DecisionReason",
        "Door": "forensics.models.Door",
        "FetchStatus": "forensics.models.FetchStatus",
        "UploadStatus": "forensics.models.UploadStatus",
        "VersionState": "moderation.models.VersionState",
        "EventType": "moderation.webhook_states.EventType",
        "DeliveryState": "moderation.webhook_states.DeliveryState",
        "WebhookEventType": "moderation.services.endpoints.EVENT_CHOICES",
        "Trigger": "forensics.models.Trigger",
    },
}

# How many requests of one process may wait for a result; the other threads take
# pictures in meanwhile (config/gunicorn.py: 4 threads).
WAITING_REQUESTS = 2

# --- Security -------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "media-src": ["'none'"],  # nothing ever plays
        "base-uri": ["'none'"],
        "form-action": ["'self'", *origin_of(OIDC_SERVER_URL)],
        "frame-ancestors": ["'none'"],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
if IS_PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
BEHIND_PROXY = _environment.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": _environment.choice("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR"),
    },
    # Its one line a task repeats what forensics logs with the image's name.
    "loggers": {"django_tasks": {"level": "WARNING"}},
}

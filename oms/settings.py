"""The one place that reads the environment.

`OMS_ENV=development` (the default) starts with nothing set: an embedded SQLite database, keys made
at the first start and mail written to a folder, all under `OMS_DATA_DIR`. `OMS_ENV=production`
demands keys and host names, and speaks HTTPS only. Every variable is in the README's table.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse_lazy

from oms import environment as env
from oms import logs

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where this installation runs -------------------------------------------------------------

OMS_ENV = env.choice("OMS_ENV", ["development", "production"], default="development")
PRODUCTION = OMS_ENV == "production"
DEBUG = env.flag("DEBUG", default=False)
# Django's own server serves files from where they are written, and answers each request in a new
# thread, which would leave its connection behind.
DEVELOPING = sys.argv[1:2] == ["runserver"]
OMS_DATA_DIR = Path(env.ENV.str("OMS_DATA_DIR", default="") or BASE_DIR / "var").resolve()
OMS_DATA_DIR.mkdir(parents=True, exist_ok=True)
PORT = env.whole("PORT", default=8000, low=1, high=65_535)
WEB_CONCURRENCY = env.whole("WEB_CONCURRENCY", default=2, low=1, high=256)
WEB_THREADS = env.whole("OMS_WEB_THREADS", default=4, low=1, high=64)  # per web process
LOG_LEVEL = env.choice(
    "LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO" if PRODUCTION else "WARNING"
)
LOGGING = logs.configure(level=LOG_LEVEL, json=PRODUCTION)

# --- Secrets ----------------------------------------------------------------------------------

if PRODUCTION:
    SECRET_KEY = env.required("SECRET_KEY")
    OMS_MASTER_KEYS = env.required("OMS_MASTER_KEYS").split(",")  # newest first
    OMS_INDEX_KEY = env.required("OMS_INDEX_KEY")
else:
    _keys = env.development_keys(OMS_DATA_DIR)
    SECRET_KEY = env.ENV.str("SECRET_KEY", default="") or _keys["SECRET_KEY"]
    OMS_MASTER_KEYS = env.words("OMS_MASTER_KEYS", default=_keys["OMS_MASTER_KEYS"])
    OMS_INDEX_KEY = env.ENV.str("OMS_INDEX_KEY", default="") or _keys["OMS_INDEX_KEY"]
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
OMS_MASTER_KEYS = env.keys("OMS_MASTER_KEYS", OMS_MASTER_KEYS)
OMS_INDEX_KEY = env.keys("OMS_INDEX_KEY", [OMS_INDEX_KEY])[0]

# --- Applications -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the site is our own: oms/back_office.py
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "oms.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "import_export",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_prometheus",
    "oms",
    "customers",
    "inventory",
    "orders",
    "fulfillment",
    "reporting",
    "compliance",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "oms.correlation.CorrelationMiddleware",
    "oms.lanes.Lanes",  # calls with an API key pass by what follows
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # a list's HTML shrinks to a twentieth
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "oms.login.require_second_factor",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "oms.urls"
WSGI_APPLICATION = "oms.wsgi.application"
ASGI_APPLICATION = "oms.asgi.application"
AUTH_USER_MODEL = "oms.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "oms.login.account_pages",
            ]
        },
    }
]

# --- Database ---------------------------------------------------------------------------------

_vendor, _database = env.database(
    "DATABASE_URL", default=f"sqlite:///{OMS_DATA_DIR / 'oms.sqlite3'}"
)
_pool = env.whole("OMS_DB_POOL", default=0, high=500)  # connections a process; 0: one a thread
if _vendor == "sqlite":
    # Write locks are taken when a transaction begins, so that no transaction has to be given up
    # halfway because another one wrote in between; waiting for the lock is bounded by `timeout`.
    _database["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;",
    }
else:
    _options = _database.setdefault("OPTIONS", {})
    # Prepared is what asks for it (oms.prepared); without a threshold psycopg prepares nothing.
    # Their plans are made once, too: planning one takes longer than running it. PgBouncer refuses
    # such options at the start of a connection, and keeps prepared statements only if told to.
    if not env.flag("OMS_PGBOUNCER", default=False):
        _options.setdefault("prepare_threshold", 1_000_000)
        # Compiling a statement to machine code takes a tenth of a second, which a statement of a
        # millisecond never earns back; PostgreSQL thinks otherwise of one with many subqueries.
        _kept = "-c plan_cache_mode=force_generic_plan -c jit=off"
        _options["options"] = f"{_kept} {_options.get('options', '')}"
    if _pool:
        _options["pool"] = {"min_size": 1, "max_size": _pool}
    elif not DEVELOPING:
        _database |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DATABASES: dict[str, Any] = {"default": _database}

# Per process on purpose: it holds rate limits and nothing that must be shared or kept.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# --- People and their logins ------------------------------------------------------------------

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_ADAPTER = "oms.login.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "oms.login.FactorAdapter"
MFA_TOTP_ISSUER = "OMS"
MFA_TOTP_TOLERANCE = 1  # a code of the half minute before counts too, as RFC 6238 recommends
OMS_REQUIRE_MFA = env.flag("OMS_REQUIRE_MFA", default=PRODUCTION)
SESSION_COOKIE_AGE = 12 * 3600  # a shift
SESSION_COOKIE_NAME = "oms_session"
CSRF_COOKIE_NAME = "oms_csrf"

# --- HTTP and its security --------------------------------------------------------------------

if PRODUCTION:
    env.required("ALLOWED_HOSTS")
ALLOWED_HOSTS = [*env.words("ALLOWED_HOSTS", default=["*"]), "127.0.0.1"]  # own health checks
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
OMS_PUBLIC_URL = env.ENV.str(
    "OMS_PUBLIC_URL",
    default=f"https://{ALLOWED_HOSTS[0]}" if PRODUCTION else f"http://localhost:{PORT}",
).rstrip("/")  # what links in messages begin with
SECURE_SSL_REDIRECT = env.flag("OMS_SSL_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^metrics$"]
if env.flag("OMS_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 86_400 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # a bulk call with 1,000 orders
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Alpine evaluates the expressions in attributes; scripts in the page need the nonce.
        "script-src": [SELF, UNSAFE_EVAL, NONCE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.ENV.str("OMS_STATIC_ROOT", default="") or OMS_DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = OMS_DATA_DIR / "media"  # served through views that check permissions, never by URL
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Compressing takes half a minute, which pays where pages travel further than one machine.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if not DEVELOPING
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or DEVELOPING
WHITENOISE_AUTOREFRESH = DEBUG

# --- Language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "oms.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail -------------------------------------------------------------------------------------

if email_url := env.ENV.str("EMAIL_URL", default=""):
    vars().update(env.ENV.email_url_config(email_url))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = OMS_DATA_DIR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.ENV.str("DEFAULT_FROM_EMAIL", default="oms@localhost")

# --- API --------------------------------------------------------------------------------------

OMS_API_RATE = env.ENV.str("OMS_API_RATE", default="60000/min")  # or none
OMS_WEBHOOK_ALLOW_PRIVATE = env.flag("OMS_WEBHOOK_ALLOW_PRIVATE", default=not PRODUCTION)
OMS_METRICS_TOKEN = env.ENV.str("OMS_METRICS_TOKEN", default="")  # empty: this machine alone

# --- Gateways that hold card payments ---------------------------------------------------------

OMS_STRIPE_KEY = env.ENV.str("OMS_STRIPE_KEY", default="")  # secret or restricted key
OMS_STRIPE_WEBHOOK_SECRETS = env.words("OMS_STRIPE_WEBHOOK_SECRETS")  # newest first
OMS_STRIPE_URL = env.ENV.str("OMS_STRIPE_URL", default="")  # empty: Stripe itself

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oms.api.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["oms.api.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "oms.api.JsonOnly",
    "DEFAULT_PAGINATION_CLASS": "oms.api.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells what the schema tells better
    "DEFAULT_THROTTLE_CLASSES": [
        "oms.api.KeyThrottle",
    ],
    "EXCEPTION_HANDLER": "oms.api.problem_handler",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Order management",
    "DESCRIPTION": "Orders, stock, shipments, returns and documents for channels and back offices.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "DeliveryState": "oms.models.DeliveryState",
        "WebhookState": "oms.models.WebhookState",
        "JobState": "oms.models.JobState",
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "oms.wire.add_components",
        "oms.openapi.add_common",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- History, taxes, back office --------------------------------------------------------------

SIMPLE_HISTORY_REVERT_DISABLED = True
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
TAX_ENGINE = "compliance.queries.assess_taxes"
IMPORT_EXPORT_USE_TRANSACTIONS = True

UNFOLD: dict[str, Any] = {"SITE_TITLE": "OMS", "SITE_HEADER": "OMS", "SITE_SYMBOL": "package_2"}
if find_spec("oms.navigation"):
    from oms import navigation  # type: ignore[attr-defined,unused-ignore]

    UNFOLD |= navigation.UNFOLD

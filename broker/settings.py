"""Django's settings. What the environment decides comes from `broker/env.py` and nowhere else."""

from datetime import timedelta

import structlog
from csp.constants import NONCE, NONE, SELF
from kombu import Queue

from broker import embedded, env
from broker.schedule import TIMETABLE

BASE_DIR = env.BASE_DIR
PRODUCTION = env.PRODUCTION
DEBUG = env.DEBUG

# Empty in production where none is given: Django then refuses to start, and so do our checks.
SECRET_KEY = env.SECRET_KEY or ("" if PRODUCTION else embedded.secret_key())

ALLOWED_HOSTS = env.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = env.CSRF_TRUSTED_ORIGINS

INSTALLED_APPS = [
    # Dresses the staff site, which is one of ours (broker/apps.py), and makes none of its own.
    "unfold.apps.BasicAppConfig",
    "broker.apps.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_structlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "bootstrap",
    "csp",
    "onboarding",
    "collateral",
    "lending",
    "broker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "broker.middleware.StaffSitePolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "broker.signin.enrol.StaffEnrol",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "broker.urls"
WSGI_APPLICATION = "broker.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Rows and files ------------------------------------------------------------------------------

if env.DATABASE_URL:
    _database = env.database_settings(env.DATABASE_URL)
else:
    _database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": embedded.NAME,
        "USER": embedded.ROLE,
        "HOST": str(embedded.socket_dir()),
        "PORT": str(embedded.PORT),
    }
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": env.DATABASE_MAX_AGE,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a plan costs more than it saves on every statement of ours. What the address
        # says after its question mark (sslmode, a socket) stands beside it.
        "OPTIONS": {"options": "-c jit=off", **_database.get("OPTIONS", {})},
        "TEST": {"NAME": env.TEST_DATABASE},
    },
}
# How often something was asked: counted by all processes together, where there are several.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "broker_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
    if PRODUCTION
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "broker" / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION

STORAGES = {
    # Reports and uploads: nothing in it has an address, a view hands it out after its own check.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.FILES_DIR,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

# What clients and staff upload lies beside the reports, by its hash (onboarding/documents).
DOCUMENTS_DIR = env.FILES_DIR / "documents"
LARGEST_UPLOAD = env.LARGEST_UPLOAD_MB * 1_000_000
CLAMAV_URL = env.CLAMAV_URL
# The first counts, and stops what is larger than may be before the second writes it down.
FILE_UPLOAD_HANDLERS = [
    "broker.uploads.Measured",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Who is who ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "onboarding.User"
AUTHENTICATION_BACKENDS = ["onboarding.rights.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

ACCOUNT_ADAPTER = "broker.signin.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_CHANGE_PASSWORD_REDIRECT_URL = "mfa_index"
# For how many seconds a second factor that was shown is enough for the next act.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.TRUSTED_PROXY else 0
MFA_ADAPTER = "broker.signin.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Harbour"
# A clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Browsers know no keys but over TLS and on this very machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
SECOND_FACTOR_SECRETS = env.SECOND_FACTOR_SECRETS or [SECRET_KEY]
STAFF_SECOND_FACTOR = env.STAFF_SECOND_FACTOR

# --- Between browser and house -------------------------------------------------------------------

SESSION_COOKIE_SECURE = env.TLS
CSRF_COOKIE_SECURE = env.TLS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.TLS
SECURE_HSTS_SECONDS = env.HSTS_SECONDS
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.TLS
SECURE_HSTS_PRELOAD = env.TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.TRUSTED_PROXY else None
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Bootstrap draws its small icons as data: addresses.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# --- Words and times -----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "Asia/Hong_Kong"

if env.EMAIL_URL:
    vars().update(env.email_settings(env.EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(env.RUN_DIR / "mail")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.DEFAULT_FROM_EMAIL

# --- Prices --------------------------------------------------------------------------------------

FEED = env.FEED
# Named, not imported: prices stand below the demonstration.
RECORDED_FEED = "broker.replay.demo_feed.sources"
LIVE_FEED = {
    "names": env.PRICE_SOURCES,
    "executing": env.EXECUTING_VATP,
    "urls": env.PRICE_URLS,
    "keys": {"twelvedata": env.TWELVEDATA_KEY} if env.TWELVEDATA_KEY else {},
    "timeout": timedelta(milliseconds=env.PRICE_TIMEOUT_MS),
}

# --- Screening -----------------------------------------------------------------------------------

SCREENING_LISTS = env.SCREENING_LISTS

# --- Money ---------------------------------------------------------------------------------------

PAPER_BANK = env.PAPER_BANK

# --- Tasks ---------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.CELERY_BROKER_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
if not env.CELERY_BROKER_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # One folder both ways: what one process sends, another takes.
        "data_folder_in": str(embedded.queue_dir() / "messages"),
        "data_folder_out": str(embedded.queue_dir() / "messages"),
        "control_folder": str(embedded.queue_dir() / "control"),
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = TIMETABLE
# Prices and margin never wait behind a mail server or a night's interest. A worker that is told
# nothing takes from all of them.
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in ("prices", "margin", "books", "house")
]
CELERY_TASK_DEFAULT_QUEUE = "house"
CELERY_TASK_ROUTES = {
    "collateral.tasks.refresh_prices": {"queue": "prices"},
    "lending.tasks.sweep_margins": {"queue": "margin"},
    "lending.tasks.work_liquidations": {"queue": "margin"},
    "lending.tasks.*": {"queue": "books"},
}
# Rows remember what is due; a message only wakes, so nobody waits for an answer.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# For how many seconds a killed process's answer is waited for: nobody reads it.
CELERY_WORKER_LOST_WAIT = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True

# --- The API -------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # No password travels with a request: who calls has signed in.
    "DEFAULT_AUTHENTICATION_CLASSES": ["broker.api.access.SignedIn"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    # An account may be asked after every second; what moves money has a scope of its own.
    "DEFAULT_THROTTLE_RATES": {"anon": "30/minute", "user": "120/minute", "acts": "20/minute"},
    "EXCEPTION_HANDLER": "broker.api.problems.answer",
    # Money as text: a reader's float would round it.
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Harbour",
    "DESCRIPTION": "Margin accounts, what they owe and what is asked of them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AccountState": "lending.margin.account.State",
        "CallState": "lending.margin.call.CallState",
        "OrderState": "lending.trading.order.OrderState",
        "Binding": "lending.margin.call.Binding",
    },
    # The page is for reading: what is tried there would be real.
    "SWAGGER_UI_SETTINGS": {
        "supportedSubmitMethods": [],
        "deepLinking": True,
        "defaultModelsExpandDepth": 0,
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- The staff site ------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Harbour",
    "SITE_HEADER": "Harbour",
    "SITE_SUBHEADER": "Staff site",
    "SITE_URL": None,
    "SITE_ICON": "broker.backoffice.theme.mark",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "broker.backoffice.theme.mark"},
    ],
    "STYLES": ["broker.backoffice.theme.stylesheet"],
    "DASHBOARD_CALLBACK": "broker.backoffice.overview.overview",
    # What happened to a row is in its moves; the admin's own log stays empty.
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    # Ink, ground and sea of the house (broker/static/harbour).
    "COLORS": {
        "base": {
            "50": "#f4f7f8",
            "100": "#eaf0f2",
            "200": "#dfe6ea",
            "300": "#c6d2d9",
            "400": "#9db0ba",
            "500": "#5c6b76",
            "600": "#41505b",
            "700": "#2b3b46",
            "800": "#1d2b35",
            "900": "#14202a",
            "950": "#0d161d",
        },
        "primary": {
            "50": "#eef7f8",
            "100": "#e3f0f2",
            "200": "#b9dbe1",
            "300": "#8cc6cf",
            "400": "#5cc3d4",
            "500": "#3fabbd",
            "600": "#0b5c6b",
            "700": "#094d5a",
            "800": "#083f4a",
            "900": "#07343d",
            "950": "#052229",
        },
    },
    "COMMAND": {"search_models": True},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "broker.backoffice.theme.navigation",
    },
}

# --- Logs ----------------------------------------------------------------------------------------

_BEFORE = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_BEFORE,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _BEFORE,
            # Tracebacks say where and not with what: a password may be among the values.
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(
                    [
                        structlog.processors.ExceptionRenderer(
                            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                        ),
                        structlog.processors.JSONRenderer(),
                    ]
                    if env.LOG_JSON
                    else [
                        structlog.dev.ConsoleRenderer(
                            colors=False, exception_formatter=structlog.dev.plain_traceback
                        )
                    ]
                ),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": env.LOG_LEVEL},
        # Every address that was asked, five seconds for five seconds, is no news.
        "httpx": {"level": "WARNING"},
    },
}

"""
Everything that the environment may tell Harbour, each with its default. Nothing else reads it.

A secret may also lie in a file: for NAME, the file that NAME_FILE names is read in its place.
A variable that is set and empty counts as not set.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env, FileAwareMapping

BASE_DIR = Path(__file__).resolve().parent.parent

_env = Env()
_env.ENVIRON = FileAwareMapping(cache=False)


def _text(name: str, default: str | None = None) -> str | None:
    return _env.str(name, default="").strip() or default


def _list(name: str, default: list[str]) -> list[str]:
    text = _text(name)
    return default if text is None else [item.strip() for item in text.split(",") if item.strip()]


def _flag(name: str, default: bool) -> bool:
    text = _text(name)
    if text is None:
        return default
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}: say true or false")


def _count(name: str, default: int) -> int:
    text = _text(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise ImproperlyConfigured(f"{name} is {text!r}: say a whole number, zero or more")
    return int(text)


def _one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    text = _text(name, default)
    if text not in choices:
        raise ImproperlyConfigured(f"{name} is {text!r}: say one of {', '.join(choices)}")
    return text


def _named(name: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in _list(name, [])]
    if not all(key and value for key, _, value in pairs):
        raise ImproperlyConfigured(f"{name}: say name=value, with commas between")
    return {key.strip(): value.strip() for key, _, value in pairs}


# --- What this installation is -------------------------------------------------------------------

# Whether clients and money stand behind it. In production nothing is made up: see broker/checks.py.
PRODUCTION = _one_of("HARBOUR_ENV", ("development", "production"), "development") == "production"

# Whether an error shows its traceback to the reader.
DEBUG = _flag("DEBUG", False)

# Whether this is a run that must come out the same every time.
CI = _flag("CI", False)

# Where an installation that is given nothing keeps what it makes itself.
RUN_DIR = Path(_text("HARBOUR_RUN", str(BASE_DIR / ".run"))).resolve()

# --- Secrets, names and transport ----------------------------------------------------------------

# Signs sessions and links. In development one is made, once, in RUN_DIR.
SECRET_KEY = _text("SECRET_KEY")

# The host names under which it answers, with commas between.
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", [] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])

# The origins (https://...) from which forms are accepted besides its own, with commas between.
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS", [])

# Whether browsers reach it by TLS alone: secure cookies, redirect, strict transport security.
TLS = _flag("TLS", PRODUCTION)

# For how many seconds a browser that came by TLS may come by nothing else.
HSTS_SECONDS = _count("HSTS_SECONDS", 31_536_000 if TLS else 0)

# Whether a proxy of ours ends TLS, strips X-Forwarded-Proto from outside and sets its own.
TRUSTED_PROXY = _flag("TRUSTED_PROXY", False)

# What hides the secrets of second factors, with commas between: the first hides, all of them open.
# Without it SECRET_KEY does.
SECOND_FACTOR_SECRETS = _list("SECOND_FACTOR_SECRETS", [])

# Whether staff without a second factor are led to set one up before anything else.
STAFF_SECOND_FACTOR = _flag("STAFF_SECOND_FACTOR", PRODUCTION)

# --- Servers -------------------------------------------------------------------------------------

# postgres://user:password@host:port/name. Without it Harbour runs a PostgreSQL of its own.
DATABASE_URL = _text("DATABASE_URL")

# The name of the database that the tests make and drop.
TEST_DATABASE = _text("TEST_DATABASE", "test_harbour")

# For how many seconds a connection to the database is kept for the next request.
DATABASE_MAX_AGE = _count("DATABASE_MAX_AGE", 600)

# amqp://... or redis://... . Without it tasks travel through files in RUN_DIR.
CELERY_BROKER_URL = _text("CELERY_BROKER_URL")

# smtp+tls://user:password@host:587 and the like. Without it each message becomes a file in RUN_DIR.
EMAIL_URL = _text("EMAIL_URL")

# The sender of what clients are sent.
DEFAULT_FROM_EMAIL = _text("DEFAULT_FROM_EMAIL", "Harbour <no-reply@localhost>")

# Where reports and uploads are kept. Never served by name.
FILES_DIR = Path(_text("FILES_DIR", str(RUN_DIR / "files"))).resolve()

# The most that one upload may weigh, in millions of bytes.
LARGEST_UPLOAD_MB = _count("LARGEST_UPLOAD_MB", 20)

# tcp://host:3310 or unix:///path of a ClamAV that looks at every upload. Without it none does.
CLAMAV_URL = _text("CLAMAV_URL")

# --- Prices --------------------------------------------------------------------------------------

# Where prices come from: licensed venues, or a recorded crash that the demonstration plays.
FEED = _one_of("FEED", ("live", "recorded"), "live" if PRODUCTION else "recorded")

# The venues that are asked, with commas between: hashkey, osl, coinbase, kraken, bitstamp, binance
# (quoted in tether, a last resort), ecb (US dollars), twelvedata (shares). hashkey:HKD asks for the
# pairs in HKD.
PRICE_SOURCES = _list("PRICE_SOURCES", ["hashkey", "osl", "coinbase", "kraken", "bitstamp", "ecb"])

# The licensed platform that executes for clients, whose price is the price of record.
EXECUTING_VATP = _one_of("EXECUTING_VATP", ("hashkey", "osl"), "hashkey")

# Other addresses of venues, with commas between: hashkey=https://...
PRICE_URLS = _named("PRICE_URLS")

# For how many milliseconds one venue is waited for.
PRICE_TIMEOUT_MS = _count("PRICE_TIMEOUT_MS", 2_500)

# The key of the licensed feed of shares.
TWELVEDATA_KEY = _text("TWELVEDATA_KEY")

# How many times as fast as it was the demonstration plays the crash.
DEMO_SPEED = _count("DEMO_SPEED", 120)

# --- Screening -----------------------------------------------------------------------------------

# Where the lists are: addresses or paths, with commas between. SDN.XML, or the four files of the
# delimited SDN list; the consolidated XML of the UN; a CSV of politically exposed persons.
SCREENING_LISTS = {
    "ofac": _list("SCREENING_OFAC", []),
    "un": _list("SCREENING_UN", []),
    "pep": _list("SCREENING_PEP", []),
}

# --- Money ---------------------------------------------------------------------------------------

# Whether a client's word counts as money received: a bank of paper, for the demonstration.
PAPER_BANK = _flag("PAPER_BANK", not PRODUCTION)

# --- Telling -------------------------------------------------------------------------------------

# The least level of message that is written.
LOG_LEVEL = _one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO")

# Whether a line of log is JSON, for a machine to read, or text, for a person.
LOG_JSON = _flag("LOG_JSON", PRODUCTION)

# --- Tests ---------------------------------------------------------------------------------------

# The browser of the browser tests, which are skipped where it is missing.
CHROMIUM_PATH = Path(_text("CHROMIUM_PATH", "/usr/bin/chromium"))


def email_settings(url: str) -> dict:
    """Django's EMAIL_* settings from `url`."""
    return _env.email_url_config(url)


def database_settings(url: str) -> dict:
    """Django's settings of one database from `url`."""
    return _env.db_url_config(url)


def without(*names: str) -> dict[str, str]:
    """A copy of the environment without `names`, for a program that must not be led by them."""
    return {name: value for name, value in os.environ.items() if name not in names}

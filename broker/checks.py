"""What a production installation must not be. Each refusal has a number and names its variable."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured

from broker import embedded, env
from collateral.prices.live import NoSuchSource, configured

# As long as Django asks for, and as varied.
KEY_LENGTH = 50
KEY_LETTERS = 5

# One day: less is a trial, and a browser would soon come without TLS again.
LEAST_HSTS_SECONDS = 86_400

# Backends that deliver to nobody.
MAIL_TO_NOBODY = ("console", "dummy", "filebased", "locmem")


class UnsafeConfiguration(ImproperlyConfigured):
    """This installation says that it is production and is not fit to be."""


@register
def production(app_configs=None, **_) -> list[Error]:
    """Every reason why this configuration is unsafe in production; none outside it."""
    if not settings.PRODUCTION:
        return []
    refusals = [
        _debug(),
        _secret_key(),
        _hosts(),
        _database(),
        _queue(),
        _transport(),
        _mail(),
        _sender(),
        _files(),
        _feed(),
        _bank(),
        _scanner(),
        _staff_second_factor(),
    ]
    return [refusal for refusal in refusals if refusal]


def refuse_if_unsafe() -> None:
    """
    For the doors through which Django itself runs no checks.

    :raises UnsafeConfiguration: with every reason
    """
    refusals = production()
    if refusals:
        raise UnsafeConfiguration("\n".join(str(refusal) for refusal in refusals))


def _debug() -> Error | None:
    if settings.DEBUG:
        return Error(
            "Errors show their traceback and settings to whoever meets them.",
            hint="Unset DEBUG.",
            id="broker.E001",
        )


def _secret_key() -> Error | None:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        # Django's word for an empty one.
        key = ""
    if len(key) < KEY_LENGTH or len(set(key)) < KEY_LETTERS or key.startswith("django-insecure-"):
        return Error(
            "The key that signs sessions and links is missing or can be guessed.",
            hint=f"Set SECRET_KEY, or SECRET_KEY_FILE to a file that holds it: {KEY_LENGTH} "
            "random letters or more.",
            id="broker.E002",
        )


def _hosts() -> Error | None:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        return Error(
            "It answers under no host name, or under any that a stranger makes up.",
            hint="Set ALLOWED_HOSTS to the names of this installation, with commas between.",
            id="broker.E003",
        )


def _database() -> Error | None:
    host = settings.DATABASES["default"].get("HOST")
    if host == str(embedded.socket_dir()):
        return Error(
            "The books would lie in a database that trusts everybody and ends with its last user.",
            hint="Set DATABASE_URL, or DATABASE_URL_FILE, to a PostgreSQL server.",
            id="broker.E004",
        )


def _queue() -> Error | None:
    if urlsplit(settings.CELERY_BROKER_URL).scheme in ("filesystem", "memory"):
        return Error(
            "Tasks would travel through files of one machine, or not at all.",
            hint="Set CELERY_BROKER_URL, or CELERY_BROKER_URL_FILE, to RabbitMQ or Redis.",
            id="broker.E005",
        )


def _transport() -> Error | None:
    safe = (
        settings.SESSION_COOKIE_SECURE
        and settings.CSRF_COOKIE_SECURE
        and settings.SECURE_SSL_REDIRECT
        and settings.SECURE_HSTS_SECONDS >= LEAST_HSTS_SECONDS
    )
    if not safe:
        return Error(
            "A session could travel without TLS, for anybody on the way to take.",
            hint="Unset TLS, and HSTS_SECONDS or make it a day or more. Behind a proxy that ends "
            "TLS, set TRUSTED_PROXY.",
            id="broker.E006",
        )


def _mail() -> Error | None:
    kind = settings.EMAIL_BACKEND.split(".")[-2]
    if kind in MAIL_TO_NOBODY:
        return Error(
            "No client would ever get a margin call.",
            hint="Set EMAIL_URL, or EMAIL_URL_FILE, to a mail server: "
            "smtp+tls://user:password@host:587.",
            id="broker.E007",
        )


def _sender() -> Error | None:
    if settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        return Error(
            "Clients would be written to from an address that does not exist.",
            hint="Set DEFAULT_FROM_EMAIL.",
            id="broker.E008",
        )


def _files() -> Error | None:
    location = settings.STORAGES["default"]["OPTIONS"]["location"]
    if location.is_relative_to(env.RUN_DIR):
        return Error(
            "Reports would lie in the folder of what can be made again.",
            hint="Set FILES_DIR to a folder that is backed up.",
            id="broker.E009",
        )


def _feed() -> Error | None:
    if settings.FEED == "recorded":
        return Error(
            "Clients would be called and sold on the prices of an old crash.",
            hint="Unset FEED, or set it to live.",
            id="broker.E010",
        )
    try:
        feed = configured(**settings.LIVE_FEED)
    except NoSuchSource as error:
        return Error("Prices would come from nowhere.", hint=f"{error}.", id="broker.E014")
    in_the_open = [source.name for source in feed.sources if not source.url.startswith("https://")]
    if in_the_open:
        return Error(
            f"Anybody on the way could say what {', '.join(in_the_open)} says.",
            hint="Set PRICE_URLS to addresses that begin with https.",
            id="broker.E014",
        )


def _bank() -> Error | None:
    if settings.PAPER_BANK:
        return Error(
            "A client's word would count as money received, and cure a margin call.",
            hint="Unset PAPER_BANK.",
            id="broker.E011",
        )


def _scanner() -> Error | None:
    if not settings.CLAMAV_URL:
        return Error(
            "What strangers upload would be opened by staff without a virus scan.",
            hint="Set CLAMAV_URL to a ClamAV daemon: tcp://host:3310 or unix:///path.",
            id="broker.E012",
        )


def _staff_second_factor() -> Error | None:
    if not settings.STAFF_SECOND_FACTOR:
        return Error(
            "A password alone would approve what moves money and risk.",
            hint="Unset STAFF_SECOND_FACTOR.",
            id="broker.E013",
        )

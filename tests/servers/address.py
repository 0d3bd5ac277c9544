"""Where the test database is, for another process."""

from urllib.parse import quote

from django.db import connection


def database_url() -> str:
    at = connection.settings_dict
    if at["HOST"].startswith("/"):
        return f"postgres:///{at['NAME']}?host={quote(at['HOST'], safe='')}&user={at['USER']}"
    login = f"{quote(at['USER'])}:{quote(at['PASSWORD'])}"
    return f"postgres://{login}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"

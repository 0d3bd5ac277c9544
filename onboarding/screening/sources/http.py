"""A file of a list from its publisher's address."""

import httpx

from onboarding.screening.facts import Unreadable

TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # Seconds; of each wait, not of the whole.
MOST_BYTES = 200 * 1024 * 1024


def fetch(url: str, *, most: int = MOST_BYTES) -> bytes:
    """
    What stands at `url`; redirects are followed.

    :raises Unreadable: no answer in time, an error status, or more than `most` bytes
    """
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT, follow_redirects=True) as response:
            response.raise_for_status()
            parts, size = [], 0
            for part in response.iter_bytes():
                size += len(part)
                if size > most:
                    raise Unreadable(f"It is larger than {most:,} bytes.")
                parts.append(part)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreadable(f"It did not come: {type(error).__name__}.") from error
    return b"".join(parts)

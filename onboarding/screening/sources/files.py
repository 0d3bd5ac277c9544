"""A file of a list from a folder of this machine."""

from pathlib import Path

from onboarding.screening.facts import Unreadable

MOST_BYTES = 200 * 1024 * 1024


def fetch(path: str, *, most: int = MOST_BYTES) -> bytes:
    """
    What the file holds.

    :raises Unreadable: it is not there, cannot be read, or holds more than `most` bytes
    """
    try:
        if Path(path).stat().st_size > most:
            raise Unreadable(f"It is larger than {most:,} bytes.")
        return Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"It cannot be read: {error.strerror}.") from error

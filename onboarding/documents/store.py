"""
Where the content of documents lies: in files named by their hash, in a folder without an address.

A file is written whole beside its place, brought to the disk, and put there in one step: half a
file is never taken for a whole one, and the same content is there once.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

A_PIECE = 1 << 16


class TooLarge(Exception):
    """More came than may."""


class Damaged(Exception):
    """A stored file is gone, or is not the one that was stored."""


@dataclass(frozen=True, slots=True)
class Received:
    """What came, beside its place: `put` brings it there."""

    path: Path
    sha256: str
    size: int

    def put(self) -> None:
        """Within a transaction: whoever would erase the same content waits for its end."""
        hold(self.sha256)
        place = _place(self.sha256)
        _folder(place.parent)
        os.replace(self.path, place)
        _sync(place.parent)


@contextmanager
def received(file, *, most: int) -> Iterator[Received]:
    """
    The content of `file`, piece by piece, in a file of ours that goes unless it is `put`.

    :raises TooLarge: more than `most` bytes come
    """
    folder = _folder(settings.DOCUMENTS_DIR)
    handle, name = tempfile.mkstemp(prefix="coming-", dir=folder)
    path, digest, size = Path(name), hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in file.chunks(A_PIECE):
                size += len(piece)
                if size > most:
                    raise TooLarge
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        yield Received(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def content(sha256: str) -> bytes:
    """
    The stored content, verified.

    :raises Damaged: it is gone, or its hash is another
    """
    try:
        stored = _place(sha256).read_bytes()
    except OSError as error:
        raise Damaged(f"{sha256}: {error}") from error
    if hashlib.sha256(stored).hexdigest() != sha256:
        raise Damaged(f"{sha256}: its hash is another")
    return stored


def erase(sha256: str) -> None:
    """Remove the content for good; nothing where it is gone."""
    place = _place(sha256)
    with suppress(FileNotFoundError):
        place.unlink()
        _sync(place.parent)


def hold(sha256: str) -> None:
    """Until the transaction ends, nobody else puts or erases that content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sha256])


def _place(sha256: str) -> Path:
    return Path(settings.DOCUMENTS_DIR) / sha256[:2] / sha256


def _folder(path) -> Path:
    path = Path(path)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _sync(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""What the scanner has not looked at is not handed out; what it finds is not kept."""

import socket
import struct
from contextlib import contextmanager
from threading import Thread

import pytest

from onboarding.documents.document import Document, Kind, Verdict
from onboarding.documents.readers import NotReadable, read
from onboarding.documents.scan import scan_waiting
from onboarding.documents.scanners import clamav
from onboarding.documents.scanners.finding import ScannerDown
from onboarding.documents.take_in import DocumentRefused
from tests.factories import NOON, client_user, files

pytestmark = pytest.mark.django_db

NOBODY = "tcp://127.0.0.1:1"


@contextmanager
def daemon(answer: bytes | None, *, times: int = 1):
    """A ClamAV that says `answer` to whatever it is sent; None hangs up. What it heard."""
    heard = []

    def serve(listening):
        for _ in range(times):
            connection, _ = listening.accept()
            with connection:
                heard.append(_heard(connection))
                if answer is not None:
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        thread = Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}", heard
        thread.join(10)


def _heard(connection) -> bytes:
    with connection.makefile("rb") as stream:
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!L", stream.read(4))[0]:
            content += stream.read(length)
        return content


def test_the_scanner_hears_the_content_itself():
    content = bytes(range(256)) * 1_000
    with daemon(b"stream: OK\0") as (url, heard):
        assert clamav.scan(content, url) is None
    assert heard == [content]


def test_what_it_finds_has_a_name():
    with daemon(b"stream: Eicar-Signature FOUND\0") as (url, _):
        assert clamav.scan(b"x", url) == "Eicar-Signature"


def test_a_socket_of_this_machine(tmp_path):
    path = tmp_path / "clamd"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve():
            connection, _ = listening.accept()
            with connection:
                _heard(connection)
                connection.sendall(b"stream: OK\0")

        thread = Thread(target=serve, daemon=True)
        thread.start()
        assert clamav.scan(b"x", f"unix://{path}") is None
        thread.join(10)


@pytest.mark.parametrize(
    "answer", [None, b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OKAY\0", b"\0"]
)
def test_any_other_word_is_no_verdict(answer):
    with daemon(answer) as (url, _), pytest.raises(ScannerDown):
        clamav.scan(b"x", url)


@pytest.mark.parametrize("url", [NOBODY, "unix:///nowhere/clamd"])
def test_nobody_there_is_no_verdict(url):
    with pytest.raises(ScannerDown):
        clamav.scan(b"x", url)


def test_one_that_never_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(clamav, "ANSWER_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScannerDown):
        clamav.scan(b"x", f"tcp://127.0.0.1:{silent.getsockname()[1]}")


def test_a_clean_file_may_be_read_at_once(settings):
    by = client_user()
    with daemon(b"stream: OK\0") as (settings.CLAMAV_URL, heard):
        made = files.document(by, now=NOON)
    assert made.verdict == Verdict.CLEAN
    assert read(made, by=by, now=NOON) == heard[0]


def test_an_infected_file_is_refused_and_not_kept(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path
    with (
        daemon(b"stream: Eicar FOUND\0") as (settings.CLAMAV_URL, _),
        pytest.raises(DocumentRefused, match="harmful code"),
    ):
        files.document(client_user(), now=NOON)
    assert not Document.objects.exists()
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_what_nobody_could_scan_waits_in_quarantine_until_somebody_has(settings):
    by = client_user()
    settings.CLAMAV_URL = NOBODY
    made = files.document(by, now=NOON)
    other = files.document(by, now=NOON, kind=Kind.OTHER, words="x")
    assert made.verdict == Verdict.WAITING
    with pytest.raises(NotReadable, match="waits for our virus scanner"):
        read(made, by=by, now=NOON)
    with pytest.raises(ScannerDown):
        scan_waiting(now=NOON)

    with daemon(b"stream: OK\0") as (settings.CLAMAV_URL, _), pytest.raises(ScannerDown):
        scan_waiting(now=NOON)  # It answers one and is gone: the other waits on.
    made.refresh_from_db()
    assert (made.verdict, made.scanned_at) == (Verdict.CLEAN, NOON)
    read(made, by=by, now=NOON)

    with daemon(b"stream: Eicar FOUND\0") as (settings.CLAMAV_URL, _):
        assert scan_waiting(now=NOON) == 1
    other.refresh_from_db()
    assert other.verdict == Verdict.INFECTED
    with pytest.raises(NotReadable, match="no longer"):
        read(other, by=by, now=NOON)
    settings.CLAMAV_URL = NOBODY
    assert scan_waiting(now=NOON) == 0

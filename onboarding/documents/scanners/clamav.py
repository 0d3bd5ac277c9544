"""ClamAV, asked over a socket: INSTREAM takes the content itself, so it needs none of our files."""

import socket
import struct
from urllib.parse import urlsplit

from onboarding.documents.scanners.finding import ScannerDown

CONNECT_S, ANSWER_S = 3, 20
A_PIECE = 1 << 16
LONGEST_ANSWER = 4_096
PORT = 3310


def scan(content: bytes, url: str) -> str | None:
    """
    The name of what was found in `content`, or None where it is clean.

    `url` is tcp://host:port or unix:///path.

    :raises ScannerDown: no connection, no answer in time, or an error of the scanner
    """
    try:
        with _connected(url) as connection:
            connection.settimeout(ANSWER_S)
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), A_PIECE):
                piece = content[start : start + A_PIECE]
                connection.sendall(struct.pack("!L", len(piece)) + piece)
            connection.sendall(struct.pack("!L", 0))
            answer = _answer(connection)
    except OSError as error:
        raise ScannerDown(f"{type(error).__name__}: {error}") from error
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return None
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerDown(f"it said {answer[:200]!r}")


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_S)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((parts.hostname, parts.port or PORT), timeout=CONNECT_S)


def _answer(connection: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
        piece = connection.recv(LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()

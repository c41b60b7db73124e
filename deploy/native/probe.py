"""Is a server ready? Asked by its own protocol: an open port is not yet an answer."""

import socket
import struct

TIMEOUT = 2.0


def _exchange(port: int, request: bytes, size: int) -> bytes:
    """Send a request, read `size` bytes of the answer; whatever goes wrong is "not yet" (b"")."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as peer:
            peer.sendall(request)
            answer = b""
            while len(answer) < size and (chunk := peer.recv(size - len(answer))):
                answer += chunk
            return answer
    except OSError:
        return b""


def postgres(port: int) -> bool:
    """Whether the server asks for a password (`R`); while it starts or stops it sends an error (`E`) instead."""
    body = struct.pack("!i", 196608) + b"user\0redink\0database\0postgres\0\0"
    return _exchange(port, struct.pack("!i", len(body) + 4) + body, 1) == b"R"


def valkey(port: int) -> bool:
    """Whether PING gets PONG; while it loads its file it answers -LOADING."""
    return _exchange(port, b"*1\r\n$4\r\nPING\r\n", 5) == b"+PONG"


def kafka(port: int) -> bool:
    """Whether ApiVersions v0 is answered, with our correlation id and no error."""
    client = b"probe"
    body = struct.pack("!hhih", 18, 0, 7, len(client)) + client
    answer = _exchange(port, struct.pack("!i", len(body)) + body, 10)
    return len(answer) == 10 and struct.unpack("!ih", answer[4:]) == (7, 0)

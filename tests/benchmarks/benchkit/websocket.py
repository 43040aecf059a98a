# SPDX-License-Identifier: BSL-1.0
"""What an idle WebSocket costs in resident memory, and that it still answers."""

import socket
import time
from contextlib import ExitStack

from benchkit.cases import CASES
from benchkit.processes import BenchError, resident_bytes

SOCKETS = 10_000
LIMIT_BYTES = 16 * 1024
HANDSHAKE = (b"GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
             b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             b"user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\norigin: http://127.0.0.1\r\n"
             b"accept-language: en-US,en;q=0.9\r\naccept-encoding: gzip, deflate, br\r\ncookie: session=0123456789abcdef\r\n"
             b"\r\n")
MESSAGE = b"\x81\x85\0\0\0\0hello"  # a text, masked with zeros
ECHO = b"\x81\x05hello"


class WebSocket:
    """A blocking client's end."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.sendall(HANDSHAKE)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.receive(4096)
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise BenchError(f"no WebSocket: {answer[:200]!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self, size):
        data = self.socket.recv(size)
        if not data:
            raise BenchError("the server closed the connection")
        return data

    def exchange(self):
        self.socket.sendall(MESSAGE)
        answer = b""
        while len(answer) < len(ECHO):
            answer += self.receive(len(ECHO) - len(answer))
        if answer != ECHO:
            raise BenchError(f"an echo of {answer!r}")


def measure_websocket(server):
    """Growth of the resident set per open WebSocket, each of which has had one message echoed."""
    print(f"\nResident memory per idle WebSocket ({SOCKETS} open, one message echoed on each)")
    with server.start(CASES["plaintext"], options=("--max-connections", str(SOCKETS + 100))) as process, ExitStack() as opened:
        with WebSocket(process.port) as first:
            first.exchange()
        before = resident_bytes(process.pid)
        sockets = []
        for _ in range(SOCKETS):
            sockets.append(opened.enter_context(WebSocket(process.port)))
            sockets[-1].exchange()
        time.sleep(0.5)
        after = resident_bytes(process.pid)
        for each in sockets[::100]:
            each.exchange()
    used = round((after - before) / SOCKETS)
    print(f"{server.name:<16}{used:>8} B   (at most {LIMIT_BYTES}; process before: {before / 1e6:.1f} MB)")
    if used > LIMIT_BYTES:
        raise BenchError(f"{used} bytes per idle WebSocket, more than {LIMIT_BYTES}")
    return {"bytes_per_websocket": used, "idle_process_bytes": before}

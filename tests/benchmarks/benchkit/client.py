# SPDX-License-Identifier: BSL-1.0
"""A blocking client for what wrk cannot do: an exact number of requests, and connections that stay idle."""

import re
import socket

from benchkit.processes import BenchError


class Connection:
    """One keep-alive connection that repeats one request."""

    def __init__(self, port, request, timeout=20):
        self.request = request
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer_size = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def exchange(self):
        """Sends the request and reads its answer; returns the answer's bytes."""
        self.socket.sendall(self.request)
        answer = self.receive(self.answer_size) if self.answer_size else self.receive_first()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise BenchError(f"answered {answer[:400]!r}")
        self.answer_size = len(answer)
        return answer

    def receive(self, size):
        answer = b""
        while len(answer) < size:
            answer += self.receive_some()
        return answer

    def receive_first(self):
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive_some()
        length = re.search(rb"\r\ncontent-length: *(\d+)\r\n", answer, re.IGNORECASE)
        if not length:
            raise BenchError(f"no Content-Length in {answer[:400]!r}")
        size = answer.index(b"\r\n\r\n") + 4 + int(length[1])
        return answer + self.receive(size - len(answer))

    def receive_some(self):
        data = self.socket.recv(262144)
        if not data:
            raise BenchError("the server closed the connection before its answer was complete")
        return data


def exchange_once(port, request):
    with Connection(port, request) as connection:
        return connection.exchange()

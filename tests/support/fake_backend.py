# SPDX-License-Identifier: BSL-1.0
"""Backends that misbehave, or that remember who asked."""

import time

from socket_server import SocketServer


class FakeBackend(SocketServer):
    """Reads one request head, answers with `reply` after `delay` seconds and closes. A context manager.

    `reply` None: no answer ever. `requests` are the heads that came; `most_at_once` says how many were being answered
    at the same time at most.
    """

    def __init__(self, reply=None, delay=0.0):
        self.requests = []
        self.most_at_once = 0
        self._reply = reply
        self._delay = delay
        self._at_once = 0
        super().__init__()

    def serve(self, connection):
        head = self.receive_head(connection)
        if not head:
            return
        with self._lock:
            self.requests.append(head)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        if self._reply is None:
            self._closing.wait()
        time.sleep(self._delay)
        with self._lock:
            self._at_once -= 1
        if self._reply:
            connection.sendall(self._reply)


def json_reply(text, status="200 OK"):
    body = text.encode()
    return (f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n").encode() + body

# SPDX-License-Identifier: BSL-1.0
"""Backends that misbehave, or that remember who asked: plain sockets, a thread for each connection."""

import socket
import threading
import time


class FakeBackend:
    """Reads one request head, answers with `reply` after `delay` seconds and closes. A context manager.

    `reply` None: no answer ever. `requests` are the heads that came; `most_at_once` says how many were being answered
    at the same time at most.
    """

    def __init__(self, reply=None, delay=0.0):
        self.requests = []
        self.connections = 0
        self.most_at_once = 0
        self._reply = reply
        self._delay = delay
        self._at_once = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                connection.settimeout(30)
                self._answer(connection)
            except OSError:
                pass  # the caller has left

    def _answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        with self._lock:
            self.requests.append(head.decode("latin-1"))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        if self._reply is None:
            self._closing.wait()
        time.sleep(self._delay)
        with self._lock:
            self._at_once -= 1
        if self._reply:
            connection.sendall(self._reply)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def json_reply(text, status="200 OK"):
    body = text.encode()
    return (f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n").encode() + body

# SPDX-License-Identifier: BSL-1.0
"""A server on plain sockets, with a thread for each connection."""

import socket
import threading

TIME_LIMIT = 30  # seconds for each receive and send


class SocketServer:
    """Listens on a free port from construction to the end of its `with`. Subclasses say what a connection gets."""

    def __init__(self):
        self.connections = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, connection):
        """Of one connection, which is closed behind it."""
        raise NotImplementedError

    def receive_head(self, connection):
        """The next request's, as text; empty when the peer has closed."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return ""
            head += piece
        return head.decode("latin-1")

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
                connection.settimeout(TIME_LIMIT)
                self.serve(connection)
            except OSError:
                pass  # the peer has left

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

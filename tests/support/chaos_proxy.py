# SPDX-License-Identifier: BSL-1.0
"""A reverse proxy that does to answers what networks and broken services do, as a test says, while it runs."""

import http.client
import socket
import struct
import time

from socket_server import SocketServer


class Fault:
    """What becomes of an exchange. This one: nothing."""

    def answer(self, proxy, connection, reply):
        """Sends something in place of what `reply()` gives; False: the connection ends."""
        connection.sendall(reply())
        return True


class Delay(Fault):
    def __init__(self, seconds):
        self.seconds = seconds

    def answer(self, proxy, connection, reply):
        time.sleep(self.seconds)
        return super().answer(proxy, connection, reply)


class Cut(Fault):
    """Closes, or resets, after so many bytes."""

    def __init__(self, after_bytes, reset=False):
        self.after_bytes = after_bytes
        self.reset = reset

    def answer(self, proxy, connection, reply):
        connection.sendall(reply()[:self.after_bytes])
        if self.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


class Hang(Fault):
    """Takes requests and says nothing more."""

    def __init__(self, after_bytes=0):
        self.after_bytes = after_bytes

    def answer(self, proxy, connection, reply):
        if self.after_bytes:
            connection.sendall(reply()[:self.after_bytes])
        proxy.wait_until_gone(connection)
        return False


class Drip(Fault):
    """A byte at a time."""

    def __init__(self, pause):
        self.pause = pause

    def answer(self, proxy, connection, reply):
        for byte in reply():
            connection.sendall(bytes([byte]))
            time.sleep(self.pause)
        return True


class Say(Fault):
    """Those bytes, whatever was asked."""

    def __init__(self, text, then_close=True):
        self.text = text
        self.then_close = then_close

    def answer(self, proxy, connection, reply):
        connection.sendall(self.text)
        return not self.then_close


def status(line, *fields):
    """An answer without a body, on a connection that is kept."""
    return Say("\r\n".join((f"HTTP/1.1 {line}", *fields, "content-length: 0", "", "")).encode(), then_close=False)


GARBAGE = Say(b"\x16\x03\x01 not HTTP at all\r\n\r\n")
HUGE_HEAD = Say(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n")


class ChaosProxy(SocketServer):
    """In front of a service on `port`. `fault` may be set at any time. A context manager."""

    def __init__(self, port):
        self.fault = Fault()
        self.requests = 0
        self._target = port
        super().__init__()

    def wait_until_gone(self, connection):
        """Returns when the peer or the proxy is."""
        connection.settimeout(0.05)
        while not self._closing.is_set():
            try:
                if not connection.recv(65536):
                    return
            except TimeoutError:
                pass

    def serve(self, connection):
        while head := self.receive_head(connection):
            with self._lock:
                self.requests += 1
            if not self.fault.answer(self, connection, lambda head=head: self._ask(head)):
                return

    def _ask(self, head):
        """The target's answer, with a length."""
        method, path, _ = head.split("\r\n", 1)[0].split(" ")
        target = http.client.HTTPConnection("127.0.0.1", self._target, timeout=30)
        try:
            target.request(method, path)
            response = target.getresponse()
            body = response.read()
        finally:
            target.close()
        kind = response.getheader("content-type", "")
        return (f"HTTP/1.1 {response.status} {response.reason}\r\ncontent-type: {kind}\r\n"
                f"content-length: {len(body)}\r\n\r\n").encode() + body

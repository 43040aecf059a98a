# SPDX-License-Identifier: BSL-1.0
"""Runs a server binary that takes --port, and a blocking HTTP/1.1 connection to it that knows what became of a request."""
import os
import select
import signal
import socket
import subprocess
import time


def split_arguments(arguments):
    """What stands before "--", and the server's own arguments behind it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1:]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerProcess:
    """With `with`: started and answering; killed at the end if it still runs."""

    def __init__(self, binary, *arguments, before_exec=None):
        self.port = free_port()
        self.process = subprocess.Popen([binary, "--port", str(self.port), *arguments], preexec_fn=before_exec)

    def __enter__(self):
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the server ended with code {self.process.returncode}") from None
                if time.monotonic() > until:
                    self.process.kill()
                    raise
                time.sleep(0.01)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        return int(open(f"/proc/{self.process.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class NotSent(Exception):
    """The connection ended before the request had been handed over completely."""


class Lost(Exception):
    """The request had been handed over completely, and no complete answer came."""


class Connection:
    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.requests = 0

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def has_ended(self):
        """Whether the server has closed, or sent something that was not asked for."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def request(self, request):
        """(status, body, whether the server closes). Raises NotSent or Lost."""
        if self.has_ended():
            raise NotSent("closed by the server between requests")
        try:
            self.socket.sendall(request)
        except OSError as error:
            raise NotSent(str(error)) from None
        self.requests += 1
        return self.receive()

    def receive(self):
        """An answer that has a content-length."""
        while b"\r\n\r\n" not in self.buffer:
            self._receive_more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        while len(self.buffer) < length:
            self._receive_more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(head[9:12]), body, b"connection: close" in lines

    def _receive_more(self):
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Lost(f"{error!r} at request {self.requests} of its connection") from None
        if not data:
            raise Lost(f"closed at request {self.requests} of its connection, {len(self.buffer)} bytes received")
        self.buffer += data

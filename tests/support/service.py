# SPDX-License-Identifier: BSL-1.0
"""A service binary under test: started on a free port, its log read line by line, its end checked."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

START_LIMIT = 20
STOP_LIMIT = 20
ANSWER_LIMIT = 60
SERVING = re.compile(r"serving on https?://127\.0\.0\.1:(\d+)")
_folder = Path()
_data = tempfile.TemporaryDirectory()


class Answer:
    """Status, headers (lower-case names) and body of a response."""

    def __init__(self, response):
        self.status = response.status
        self.reason = response.reason
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


def environment(**variables):
    """That of the tests without what would configure a service, but for a folder for its data, and with `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COROUTE_")}
    return {**kept, "COROUTE_DATA": _data.name, **variables}


def run_to_end(name, *arguments, limit=START_LIMIT, **variables):
    """A call that does not serve, such as --help."""
    return subprocess.run([binary(name), *map(str, arguments)], capture_output=True, text=True, timeout=limit,
                          env=environment(**variables), stdin=subprocess.DEVNULL)


def free_port():
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until(condition, what, limit=START_LIMIT):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.005)


def binary(name):
    """The path of a service's binary, once `use_folder` was called."""
    return str(_folder / name)


def use_folder(folder):
    """Where the service binaries are."""
    global _folder
    _folder = Path(folder).resolve()


class Service:
    """Runs from construction to `stop`, which fails the test when the process did not end well. A context manager."""

    def __init__(self, name, *arguments, port=0, **variables):
        self.name = name
        self.lines = []
        self.expected_exit = 0
        port_arguments = [] if port is None else ["--port", str(port)]
        self.process = subprocess.Popen([binary(name), *port_arguments, *map(str, arguments)], stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
                                        errors="replace", env=environment(**variables))
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        try:
            self.port = int(SERVING.search(self.wait_for_line(SERVING))[1])
        except BaseException:
            self.kill()
            raise

    def _read_log(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self.lines.append(None)  # the end
            self._changed.notify_all()

    def wait_for_line(self, pattern, limit=START_LIMIT):
        """The first log line that matches; AssertionError when the process ends without one."""
        deadline = time.monotonic() + limit
        position = 0
        with self._changed:
            while True:
                for line in self.lines[position:]:
                    if line is None:
                        raise AssertionError(f"{self.name} ended without a line like {pattern!r}:\n{self.log()}")
                    if re.search(pattern, line):
                        return line
                position = len(self.lines)
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{self.name} logged no line like {pattern!r} in {limit} s:\n{self.log()}")

    def log(self):
        return "\n".join(line for line in self.lines if line is not None)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_LIMIT)

    def open_socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_LIMIT)

    def request(self, method, target, body=None, headers=None):
        """One request on a connection of its own."""
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, target, body, headers or {})
            return Answer(connection.getresponse())

    def get(self, target):
        return self.request("GET", target)

    def post_json(self, target, value):
        return self.request("POST", target, json.dumps(value), {"content-type": "application/json"})

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, limit=STOP_LIMIT):
        """The exit code, once the whole log is read."""
        code = self.process.wait(limit)
        self._reader.join(limit)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()

    def stop(self):
        try:
            if self.process.poll() is None:
                self.terminate()
            code = self.wait()
            if code != self.expected_exit:
                raise AssertionError(f"{self.name} ended with {code}, not {self.expected_exit}:\n{self.log()}")
        finally:
            self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Timed:
    """Runs functions at the same time, each on a thread; their results and seconds in order."""

    def __init__(self, *functions):
        self.results = [None] * len(functions)
        self.seconds = [0.0] * len(functions)
        self._errors = []
        began = time.monotonic()
        threads = [threading.Thread(target=self._run, args=(i, function)) for i, function in enumerate(functions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.total = time.monotonic() - began
        if self._errors:
            raise self._errors[0]

    def _run(self, index, function):
        began = time.monotonic()
        try:
            self.results[index] = function()
        except BaseException as error:
            self._errors.append(error)
        self.seconds[index] = time.monotonic() - began

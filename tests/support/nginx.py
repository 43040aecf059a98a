# SPDX-License-Identifier: BSL-1.0
"""A real nginx, with what a test wants it to serve."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM = shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
START_LIMIT = 20

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_rlimit_nofile 2048;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{http}
}}
"""


class Nginx:
    """A context manager: one process that listens on `port`. `http` are the lines of the http block; "{folder}" in them
    stands for a folder of its own, in which `files` lie."""

    def __init__(self, port, http, files=None):
        self.port = port
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        for name, text in (files or {}).items():
            (self.folder / name).write_bytes(text)
        path = self.folder / "nginx.conf"
        path.write_text(CONFIGURATION.format(folder=self.folder, http=http.replace("{folder}", str(self.folder))),
                        encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, "-p", str(self.folder), "-c", str(path), "-e",
                                         str(self.folder / "error.log")], stderr=subprocess.PIPE)

    def errors(self):
        """Whatever it complains about."""
        return (self.folder / "error.log").read_text(errors="replace")

    def __enter__(self):
        """Returns when it accepts connections."""
        until = time.monotonic() + START_LIMIT
        while True:
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                raise AssertionError("nginx does not serve: " + self.process.stderr.read().decode(errors="replace"))
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=20)
        self._folder.cleanup()

# SPDX-License-Identifier: BSL-1.0
"""curl against loadtarget.

usage: curl_test.py FOLDER_OF_THE_BINARIES [options and test names of unittest]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import service  # noqa: E402

SKIPPED = 77  # what CMake's SKIP_RETURN_CODE says
MAX_BODY = 1024 * 1024


class CurlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.Service("loadtarget", "--loops", 2)
        cls.addClassCleanup(cls.service.stop)
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())

    def file_of(self, size):
        path = os.path.join(self.folder, str(size))
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def url(self, target):
        return f"http://127.0.0.1:{self.service.port}{target}"

    def curl(self, *arguments):
        """What curl put out; the test fails when curl does."""
        ended = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "30", *arguments],
                               capture_output=True, env=service.environment(no_proxy="*"), timeout=60)
        self.assertEqual(ended.returncode, 0, ended.stderr.decode(errors="replace"))
        return ended.stdout

    def check_echo(self, size, *arguments):
        path = self.file_of(size)
        got = self.curl(*arguments, "--data-binary", "@" + path, "-H", "content-type: application/octet-stream",
                        self.url("/echo"))
        self.assertTrue(got == Path(path).read_bytes(), f"{size} bytes came back changed")

    def test_get(self):
        self.assertEqual(self.curl(self.url("/plaintext")), b"Hello, World!")
        self.assertEqual(self.curl("--get", "--data-urlencode", "q=a b&c=d", self.url("/items/3")),
                         b'{"item_id":3,"q":"a b&c=d"}')

    def test_head(self):
        head = self.curl("--head", self.url("/bytes/100000")).decode()
        self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"))
        self.assertIn("\r\ncontent-length: 100000\r\n", head)
        self.assertTrue(head.endswith("\r\n\r\n"))

    def test_post(self):
        for size in (1, 1000, 65_536, 700_000, MAX_BODY):
            self.check_echo(size)
        item = Path(__file__).resolve().parent.parent / "benchmarks" / "item.json"
        got = self.curl("-H", "content-type: application/json", "--data-binary", f"@{item}", self.url("/items"))
        self.assertEqual(json.loads(got), json.loads(item.read_bytes()))

    def test_upload_with_put(self):
        path = self.file_of(300_000)
        self.assertTrue(self.curl("--upload-file", path, self.url("/any/file")) == Path(path).read_bytes())

    def test_connection_is_kept(self):
        out = self.curl("--write-out", "\n%{num_connects} %{local_port}\n", self.url("/plaintext"), self.url("/json"),
                        self.url("/nothing"), self.url("/bytes/20"))
        lines = [line.split() for line in out.decode().splitlines() if line[:1].isdigit()]
        self.assertEqual([connects for connects, _ in lines], ["1", "0", "0", "0"])
        self.assertEqual(len({port for _, port in lines}), 1)

    def test_http10(self):
        out = self.curl("--http1.0", "--include", "--write-out", "%{num_connects}", self.url("/plaintext"),
                        self.url("/plaintext")).decode()
        self.assertEqual(out.count("Hello, World!1"), 2)
        self.assertNotIn("transfer-encoding", out)
        self.check_echo(100_000, "--http1.0")
        kept = self.curl("--http1.0", "-H", "connection: keep-alive", "--write-out", "%{num_connects}",
                         self.url("/plaintext"), self.url("/plaintext")).decode()
        self.assertEqual(kept, "Hello, World!1Hello, World!0")

    def test_chunked_upload(self):
        for size in (0, 1, 65_537, 900_000, MAX_BODY):
            self.check_echo(size, "-H", "transfer-encoding: chunked")

    def test_expect_continue(self):
        arguments = ("-H", "expect: 100-continue", "--expect100-timeout", "20")
        self.check_echo(900_000, *arguments)
        out = self.curl(*arguments, "--include", "--write-out", "\n%{time_total}", "--data-binary",
                        "@" + self.file_of(1000), "-o", os.path.join(self.folder, "out"), self.url("/echo"))
        self.assertLess(float(out), 10)  # curl did not wait for the 100 in vain
        shown = Path(self.folder, "out").read_bytes()
        self.assertTrue(shown.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), shown[:100])

    def test_body_over_the_limit(self):
        path = self.file_of(MAX_BODY + 1)
        for arguments in ((), ("-H", "transfer-encoding: chunked"), ("-H", "expect: 100-continue"), ("-H", "expect:"),
                          ("--http1.0",)):
            with self.subTest(arguments):
                out = self.curl(*arguments, "--write-out", "%{http_code}", "-o", os.devnull, "--data-binary",
                                "@" + path, self.url("/echo"))
                self.assertEqual(out, b"413")

    def test_many_connections_at_once(self):
        out = self.curl("--parallel", "--parallel-max", "50", "--write-out", "%{http_code} %{size_download}\n",
                        "-o", os.path.join(self.folder, "part#1"), self.url("/bytes/[5000-5299]"))
        lines = sorted(out.decode().splitlines())
        self.assertEqual(lines, [f"200 {size}" for size in range(5000, 5300)])

    def test_large_answer_to_a_slow_reader(self):
        out = self.curl("--limit-rate", "4M", self.url("/bytes/8000000"))
        self.assertTrue(out == b"x" * 8_000_000)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    service.use_folder(sys.argv.pop(1))
    if not shutil.which("curl"):
        print("skipped: curl is not installed")
        sys.exit(SKIPPED)
    unittest.main()

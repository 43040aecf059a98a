# SPDX-License-Identifier: BSL-1.0
"""A real nginx as reverse proxy, with connections to loadtarget kept alive.

usage: nginx_test.py FOLDER_OF_THE_BINARIES [options and test names of unittest]
"""

import contextlib
import json
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import nginx  # noqa: E402
import service  # noqa: E402
from service import Answer, Service, Timed, free_port, wait_until  # noqa: E402

SKIPPED = 77  # what CMake's SKIP_RETURN_CODE says
CLIENTS = 8
REQUESTS_OF_A_CLIENT = 250
UPSTREAM_CONNECTIONS = 16
MAX_BODY = 1024 * 1024

CONFIGURATION = """
  client_max_body_size 8m;
  upstream loadtarget {
    server 127.0.0.1:UPSTREAM;
    keepalive CONNECTIONS;
  }
  server {
    listen 127.0.0.1:PORT;
    location / {
      proxy_pass http://loadtarget;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_next_upstream off;
    }
    location /streamed/ {
      proxy_pass http://loadtarget/any/;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_next_upstream off;
    }
  }
"""


def start_nginx(upstream):
    port = free_port()
    values = {"UPSTREAM": upstream, "CONNECTIONS": UPSTREAM_CONNECTIONS, "PORT": port}
    text = CONFIGURATION
    for name, value in values.items():
        text = text.replace(name, str(value))
    return nginx.Nginx(port, text)


def exchange(connection, method, target, body=None, headers=None):
    connection.request(method, target, body, headers or {})
    return Answer(connection.getresponse())


def in_pieces(body, size):
    return (body[start:start + size] for start in range(0, len(body), size))


class NginxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("loadtarget", "--loops", 2)
        cls.addClassCleanup(cls.service.stop)
        cls.nginx = cls.enterClassContext(start_nginx(cls.service.port))

    def connect(self):
        return contextlib.closing(
            service.http.client.HTTPConnection("127.0.0.1", self.nginx.port, timeout=service.ANSWER_LIMIT))

    def tearDown(self):
        self.assertNotIn("upstream", self.nginx.errors())

    def one_of_many(self, connection, choice):
        """A request of a kind that `choice` draws, and its answer checked."""
        number = choice.randrange(1, 30_000)
        kind = choice.choice(("plaintext", "item", "bytes", "echo", "chunked", "head", "any", "missing", "invalid"))
        if kind == "plaintext":
            self.assertEqual(exchange(connection, "GET", "/plaintext").body, b"Hello, World!")
        elif kind == "item":
            answer = exchange(connection, "GET", f"/items/{number}?q=a%20{number}")
            self.assertEqual(answer.json(), {"item_id": number, "q": f"a {number}"})
        elif kind == "bytes":
            self.assertEqual(exchange(connection, "GET", f"/bytes/{number}").body, b"x" * number)
        elif kind == "echo":
            body = choice.randbytes(number)
            self.assertTrue(exchange(connection, "POST", "/echo", body).body == body)
        elif kind == "chunked":
            body = choice.randbytes(number)
            answer = exchange(connection, "POST", "/streamed/x", in_pieces(body, 1000))
            self.assertTrue(answer.status == 200 and answer.body == body)
        elif kind == "head":
            answer = exchange(connection, "HEAD", f"/bytes/{number}")
            self.assertEqual((answer.headers["content-length"], answer.body), (str(number), b""))
        elif kind == "any":
            method = choice.choice(("PUT", "PATCH", "DELETE", "OPTIONS"))
            answer = exchange(connection, method, "/any/x/y", b"body")
            self.assertEqual((answer.status, answer.body), (200, b"body"))
        elif kind == "missing":
            self.assertEqual(exchange(connection, "GET", f"/nothing/{number}").status, 404)
        else:
            answer = exchange(connection, "POST", "/items", "{}", {"content-type": "application/json"})
            self.assertEqual((answer.status, len(answer.json()["detail"])), (422, 8))

    def client(self, seed):
        choice = random.Random(seed)
        with self.connect() as connection:
            for _ in range(REQUESTS_OF_A_CLIENT):
                self.one_of_many(connection, choice)

    def test_2000_mixed_requests(self):
        answered_before = self.service.log().count(" INFO request ")
        Timed(*[lambda seed=seed: self.client(seed) for seed in range(CLIENTS)])
        expected = CLIENTS * REQUESTS_OF_A_CLIENT
        wait_until(lambda: self.service.log().count(" INFO request ") - answered_before >= expected, "all are logged")
        self.assertEqual(self.service.log().count(" INFO request ") - answered_before, expected)
        connections = set(service.re.findall(r"client=(\S+)", self.service.log()))
        self.assertLess(len(connections), expected / 10, "nginx could not keep its connections")

    def test_megabyte_both_ways(self):
        with self.connect() as connection:
            for seed in range(5):
                body = random.Random(seed).randbytes(MAX_BODY)
                for target in ("/echo", "/any/x", "/streamed/x"):
                    self.assertTrue(exchange(connection, "POST", target, body).body == body)
                    self.assertTrue(exchange(connection, "POST", target, in_pieces(body, 50_000)).body == body)
                self.assertEqual(len(exchange(connection, "GET", "/bytes/1000000").body), 1_000_000)

    def test_body_over_the_limit(self):
        for target in ("/echo", "/streamed/x"):
            with self.connect() as connection:
                with contextlib.suppress(ConnectionError):
                    connection.request("POST", target, b"x" * (MAX_BODY + 1))
                self.assertEqual(Answer(connection.getresponse()).status, 413)

    def test_forwarded_item(self):
        item = (Path(__file__).resolve().parent.parent / "benchmarks" / "item.json").read_bytes()
        with self.connect() as connection:
            answer = exchange(connection, "POST", "/items", item, {"content-type": "application/json"})
        self.assertEqual(answer.json(), json.loads(item))


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    service.use_folder(sys.argv.pop(1))
    if not nginx.PROGRAM:
        print("skipped: nginx is not installed (Debian: nginx-light)")
        sys.exit(SKIPPED)
    unittest.main()

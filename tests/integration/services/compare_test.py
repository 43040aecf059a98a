# SPDX-License-Identifier: BSL-1.0
"""GET /compare of the gateway: what its numbers must show, by ratios that hold on a busy machine too."""

import threading
import unittest

from fake_backend import FakeBackend, json_reply
from service import Service, Timed, free_port, wait_until

DELAY_MS = 100
WAYS = ["sequential", "concurrent", "blocking in the loop", "to_thread"]


def ask_health_until(service, ended):
    """The milliseconds that each of the requests on one connection took, one after the other."""
    connection = service.connect()
    latencies = []
    while not ended.is_set():
        latencies.append(1000 * Timed(lambda: read_health(connection)).total)
    connection.close()
    return latencies


def read_health(connection):
    connection.request("GET", "/healthz")
    return connection.getresponse().read()


class CompareTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("gateway", "--loops", 1)
        cls.addClassCleanup(cls.service.stop)

    def compare(self, query):
        answer = self.service.get("/compare" + query)
        self.assertEqual(answer.status, 200)
        comparison = answer.json()
        self.assertEqual([way["way"] for way in comparison["ways"]], WAYS)
        return comparison, [way["ms"] for way in comparison["ways"]], [
            way["loop_stalled_ms"] for way in comparison["ways"]]

    def test_times_and_stalls(self):
        comparison, times, stalls = self.compare("?n=5")
        sequential, concurrent, blocking, threads = times
        self.assertEqual((comparison["downloads"], comparison["of"]), (5, f"demo:/slow/{DELAY_MS}"))
        self.assertTrue(comparison["lesson"])
        for total in (sequential, blocking):
            self.assertGreaterEqual(total, 5 * DELAY_MS)
        for total in (concurrent, threads):
            self.assertGreaterEqual(total, DELAY_MS)
            self.assertLess(total, sequential / 2)
        self.assertGreater(stalls[2], 0.8 * blocking)
        for stall in (stalls[0], stalls[1], stalls[3]):
            self.assertLess(stall, stalls[2] / 3)

    def test_number_of_downloads(self):
        _, times, _ = self.compare("?n=1&path=/slow/150")
        for total in times:
            self.assertGreaterEqual(total, 150)
            self.assertLess(total, 600)
        _, times, stalls = self.compare("?n=20&path=/slow/30&backend=demo")
        self.assertGreaterEqual(times[0], 600)
        self.assertLess(times[1], times[0] / 2)
        self.assertGreater(stalls[2], 0.8 * times[2])

    def test_others_on_the_loop_wait_while_it_is_blocked(self):
        ended = threading.Event()

        def run_compare():
            try:
                return self.compare("?n=8")
            finally:
                ended.set()

        (_, times, _), latencies = Timed(run_compare, lambda: ask_health_until(self.service, ended)).results
        self.assertGreater(max(latencies), 0.7 * times[2])
        self.assertLess(max(latencies), 1.5 * times[2])
        self.assertGreater(len(latencies), 50)
        self.assertLess(sorted(latencies)[len(latencies) // 2], times[2] / 10)

    def test_what_is_not_understood(self):
        for query in ("?n=0", "?n=21", "?n=-1", "?n=1.5", "?n=five", "?n=", "?n=99999999999999999999", "?backend=other",
                      "?backend=", "?path=slow", "?path=", "?path=/slow%20x", "?path=//%0d%0a", "?n=1%20"):
            answer = self.service.get("/compare" + query)
            self.assertEqual((query, answer.status), (query, 422))
            self.assertTrue(answer.json()["detail"])


class CompareWithBadBackendTest(unittest.TestCase):
    def compare_with(self, url, *arguments):
        with Service("gateway", "--loops", 1, "--backend", "bad=" + url, *arguments) as service:
            answer = service.get("/compare?n=2&path=/x")
            self.assertEqual(service.get("/healthz").status, 200)
            self.assertNotIn("handler failed", service.log())
        return answer

    def test_backend_that_is_down(self):
        answer = self.compare_with(f"http://127.0.0.1:{free_port()}")
        self.assertEqual(answer.status, 502)
        self.assertTrue(answer.json()["detail"])

    def test_backend_that_answers_garbage(self):
        with FakeBackend(b"garbage\r\n\r\n") as backend:
            self.assertEqual(self.compare_with(backend.url).status, 502)

    def test_backend_that_says_nothing(self):
        with FakeBackend(None) as backend:
            self.assertEqual(self.compare_with(backend.url, "--backend-timeout", "100ms").status, 504)

    def test_client_that_leaves(self):
        with FakeBackend(json_reply("1"), delay=0.3) as backend:
            with Service("gateway", "--loops", 1, "--backend", "slow=" + backend.url) as service:
                connection = service.open_socket()
                connection.sendall(b"GET /compare?n=20&path=/x HTTP/1.1\r\nhost: x\r\n\r\n")
                wait_until(lambda: backend.requests, "the backend was asked")
                connection.close()
                service.wait_for_line("client left")
                self.assertLess(len(backend.requests), 10)

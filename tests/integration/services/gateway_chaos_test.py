# SPDX-License-Identifier: BSL-1.0
"""services/gateway with a backend behind a proxy that harms its answers: what it gives instead, and what it asks of
the backend meanwhile."""

import threading
import unittest

import chaos_proxy
from chaos_proxy import ChaosProxy
from gateway_test import fetch, kinds
from service import Service, wait_until

TIMEOUT_MS = 500


class ChaosTest(unittest.TestCase):
    """Each test has a gateway of its own, for circuits remember."""

    def setUp(self):
        self.target = self.enterContext(Service("loadtarget", "--access-log", "off"))
        self.proxy = self.enterContext(ChaosProxy(self.target.port))
        self.gateway = self.start_gateway()

    def start_gateway(self, *arguments):
        return self.enterContext(Service(
            "gateway", "--backend", "bad=" + self.proxy.url, "--backend", f"good=http://127.0.0.1:{self.target.port}",
            "--backend-timeout", f"{TIMEOUT_MS}ms", "--access-log", "off", *arguments))

    def backend(self, name):
        return next(each for each in self.gateway.get("/backends").json() if each["name"] == name)

    def heal(self):
        self.proxy.fault = chaos_proxy.Fault()
        wait_until(lambda: kinds(fetch(self.gateway, "bad:/json")) == [200], "the backend is used again")

    def test_every_fault_has_its_name_and_none_outlasts_its_limit(self):
        faults = {
            "slow": (chaos_proxy.Delay(2), "timeout"),
            "hanging": (chaos_proxy.Hang(), "timeout"),
            "hanging in the head": (chaos_proxy.Hang(20), "timeout"),
            "hanging in the body": (chaos_proxy.Hang(90), "timeout"),
            "dripping": (chaos_proxy.Drip(0.1), "timeout"),
            "closing at once": (chaos_proxy.Cut(0), "broken"),
            "closing in the head": (chaos_proxy.Cut(20), "broken"),
            "closing in the body": (chaos_proxy.Cut(90), "broken"),
            "resetting at once": (chaos_proxy.Cut(0, reset=True), "broken"),
            "resetting in the head": (chaos_proxy.Cut(20, reset=True), "broken"),
            "resetting in the body": (chaos_proxy.Cut(90, reset=True), "broken"),
            "garbage": (chaos_proxy.GARBAGE, "broken"),
            "a huge head": (chaos_proxy.HUGE_HEAD, "broken"),
            "limiting its rate": (chaos_proxy.status("429 Too Many Requests", "retry-after: 1"), "rate_limited"),
            "unavailable": (chaos_proxy.status("503 Service Unavailable"), 503),
        }
        for name, (fault, kind) in faults.items():
            with self.subTest(name):
                self.proxy.fault = fault
                bad, good = fetch(self.gateway, "bad:/json", "good:/json")
                self.assertEqual(kinds([bad, good]), [kind, 200])
                self.assertNotIn("body" if kind != 503 else "error", bad)
                self.assertLess(bad["ms"], 4 * TIMEOUT_MS)
        self.heal()

    def test_what_was_answered_last_stands_in_for_what_is_missing(self):
        first = fetch(self.gateway, "bad:/items/7?q=x")[0]
        self.assertEqual(first["status"], 200)
        self.proxy.fault = chaos_proxy.Hang()
        known, unknown = fetch(self.gateway, "bad:/items/7?q=x", "bad:/items/8")
        self.assertEqual(kinds([known, unknown]), ["timeout", "timeout"])
        self.assertEqual((known["stale"], known["body"]), (True, first["body"]))
        self.assertGreaterEqual(known["age_ms"], TIMEOUT_MS)
        self.assertNotIn("stale", unknown)
        self.assertNotIn("body", unknown)
        self.proxy.fault = chaos_proxy.status("429 Too Many Requests", "retry-after: 60")
        self.assertEqual(fetch(self.gateway, "bad:/items/7?q=x")[0]["body"], first["body"])
        self.heal()
        self.assertNotIn("stale", fetch(self.gateway, "bad:/items/7?q=x")[0])

    def test_a_backend_that_fails_is_left_alone_until_it_is_well(self):
        self.proxy.fault = chaos_proxy.GARBAGE
        while self.backend("bad")["addresses"][0]["circuit"] == "closed":
            fetch(self.gateway, *["bad:/json"] * 8)
        asked = self.proxy.requests
        self.assertLess(asked, 60)
        refused = [result for _ in range(4) for result in fetch(self.gateway, *["bad:/json"] * 25)]
        unavailable = [result for result in refused if kinds([result]) == ["unavailable"]]
        self.assertGreater(len(unavailable), 90)
        self.assertGreaterEqual(unavailable[0]["error"]["retry_after_ms"], 0)
        self.assertLess(self.proxy.requests - asked, 10)  # on trial
        self.assertGreater(self.backend("bad")["refused"], 90)
        self.heal()
        self.assertEqual(self.backend("bad")["addresses"][0]["circuit"], "closed")

    def test_retries_stay_within_their_budget(self):
        self.proxy.fault = chaos_proxy.status("503 Service Unavailable")
        results = [result for _ in range(20) for result in fetch(self.gateway, *["bad:/json"] * 10)]
        sent = sum(kind != "unavailable" for kind in kinds(results))
        self.assertLessEqual(self.proxy.requests, 1.1 * sent + 10)
        self.assertGreater(self.backend("bad")["retries"], 0)

    def test_who_finds_the_queue_full_is_told_so(self):
        self.gateway = self.start_gateway("--backend-slots", 2, "--backend-queue", 3)
        self.proxy.fault = chaos_proxy.Hang()
        results = fetch(self.gateway, *["bad:/json"] * 9, "good:/json")
        self.assertEqual(sorted(map(str, kinds(results))), ["200"] + 4 * ["overloaded"] + 5 * ["timeout"])
        self.assertEqual(self.backend("bad")["refused"], 4)

    def test_a_backend_that_hangs_takes_nobody_else_along(self):
        self.proxy.fault = chaos_proxy.Hang()
        ended = threading.Event()

        def keep_it_full():
            while not ended.is_set():
                fetch(self.gateway, *["bad:/json"] * 32)

        crowd = [threading.Thread(target=keep_it_full) for _ in range(4)]
        for each in crowd:
            each.start()
        try:
            wait_until(lambda: self.backend("bad")["slots_free"] == 0, "all slots of the backend are taken")
            for _ in range(50):
                self.assertEqual(kinds(fetch(self.gateway, "good:/json", "good:/plaintext")), [200, 200])
                self.assertEqual(self.gateway.get("/healthz").status, 200)
        finally:
            ended.set()
            for each in crowd:
                each.join()

    def test_of_two_addresses_the_good_one_is_used(self):
        self.gateway = self.enterContext(Service(
            "gateway", "--backend", f"both={self.proxy.url}|http://127.0.0.1:{self.target.port}", "--access-log", "off"))
        self.proxy.fault = chaos_proxy.Cut(0)
        for _ in range(10):
            self.assertEqual(kinds(fetch(self.gateway, *["both:/json"] * 8)), [200] * 8)
        bad, good = self.backend("both")["addresses"]
        self.assertEqual((bad["url"], good["failures"]), (self.proxy.url, 0))
        self.assertLess(bad["requests"], good["requests"])

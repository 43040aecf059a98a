# SPDX-License-Identifier: BSL-1.0
"""services/gateway: /fetch and its limits, with the gateway's own backend and with others."""

import unittest
from urllib.parse import quote

from fake_backend import FakeBackend, json_reply
from service import Service, Timed, free_port, run_to_end, wait_until


def fetch_target(*wanted):
    return "/fetch?" + "&".join("from=" + quote(each, safe=":/") for each in wanted)


def fetch(service, *wanted):
    """The results of a /fetch that is answered with 200."""
    answer = service.get(fetch_target(*wanted))
    if answer.status != 200:
        raise AssertionError(f"{wanted} was answered with {answer.status} {answer.body!r}")
    return answer.json()["results"]


def kinds(results):
    return [result["error"]["kind"] if "error" in result else result["status"] for result in results]


class DemoBackendTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("gateway", "--loops", 2, "--backend-timeout", "800ms")
        cls.addClassCleanup(cls.service.stop)

    def check_refused(self, target, *words):
        answer = self.service.get(target)
        self.assertEqual((target, answer.status), (target, 422))
        for word in words:
            self.assertIn(word, answer.json()["detail"])

    def test_index_leads_somewhere(self):
        index = self.service.get("/").json()
        self.assertEqual(index["service"], "gateway")
        for target in index["try"]:
            self.assertEqual((target, self.service.get(target).status), (target, 200))

    def test_healthz(self):
        self.assertEqual(self.service.get("/healthz").json(), {"status": "ok"})

    def test_backends(self):
        fetch(self.service, "demo:/stock/1")
        (backend,) = self.service.get("/backends").json()
        (address,) = backend.pop("addresses")
        self.assertEqual(backend | {"retries": 0}, {"name": "demo", "slots": 10, "slots_free": 10, "waiting": 0,
                                                    "timeout_ms": 800, "refused": 0, "retries": 0})
        self.assertEqual((address["circuit"], address["in_progress"]), ("closed", 0))
        self.assertGreater(address["requests"], 0)
        self.assertGreater(address["latency_ms"], 0)

    def test_fetch_keeps_the_order(self):
        results = fetch(self.service, "demo:/slow/60", "demo:/stock/a%20b", "demo:/price/2", "demo:/stock/1")
        self.assertEqual([(result["backend"], result["path"], result["status"]) for result in results],
                         [("demo", path, 200) for path in ("/slow/60", "/stock/a%20b", "/price/2", "/stock/1")])
        self.assertEqual([result["body"] for result in results],
                         [{"slept_ms": 60}, {"sku": "a b", "stock": 7}, {"sku": "2", "price": 12.5},
                          {"sku": "1", "stock": 7}])
        self.assertGreaterEqual(results[0]["ms"], 60)

    def test_fetch_is_concurrent(self):
        delays = (300, 250, 200, 300, 150)
        answers = [self.service.get(fetch_target(*(f"demo:/slow/{ms}" for ms in delays))).json() for _ in range(3)]
        fastest = min(answer["ms"] for answer in answers)
        self.assertGreaterEqual(fastest, max(delays))
        self.assertLess(fastest, sum(delays) / 2)

    def test_the_most_at_once(self):
        self.assertEqual(kinds(fetch(self.service, *["demo:/stock/1"] * 32)), [200] * 32)
        self.check_refused(fetch_target(*["demo:/stock/1"] * 33), "32")

    def test_slow_one_costs_nobody_else(self):
        results = fetch(self.service, "demo:/slow/60000", "demo:/stock/1", "demo:/slow/10")
        self.assertEqual(kinds(results), ["timeout", 200, 200])
        self.assertNotIn("body", results[0])
        self.assertGreaterEqual(results[0]["ms"], 800)
        self.assertLess(max(results[1]["ms"], results[2]["ms"]), 700)

    def test_failed_answer_is_passed_on(self):
        broken, missing, good = fetch(self.service, "demo:/broken", "demo:/nothing", "demo:/stock/1")
        self.assertEqual((broken["status"], broken["body"]), (500, {"detail": "broken on purpose"}))
        self.assertEqual((missing["status"], missing["body"]), (404, {"detail": "Not Found"}))
        self.assertEqual(good["status"], 200)

    def test_what_is_not_understood(self):
        self.check_refused("/fetch", "?from=name:/path")
        self.check_refused("/fetch?x=1", "?from=name:/path")
        self.check_refused(fetch_target("other:/x"), "no backend", "'other'")
        self.check_refused(fetch_target("demo:/stock/1", "Demo:/x"), "no backend", "'Demo'")
        self.check_refused(fetch_target(":/x"), "no backend")
        for wanted in ("", "demo", "demo:", "demo:stock", "/stock", "demo/stock:1"):
            self.check_refused(fetch_target(wanted), "name:/path")

    def test_wrong_methods_and_paths(self):
        self.assertEqual(self.service.request("POST", "/fetch").status, 405)
        self.assertEqual(self.service.get("/stock/1").status, 404)

    def test_client_that_leaves_gives_the_slot_back(self):
        with Service("gateway", "--backend-timeout", "1m", "--loops", 2) as service:
            connection = service.open_socket()
            connection.sendall(b"GET " + fetch_target(*["demo:/slow/60000"] * 3).encode() +
                               b" HTTP/1.1\r\nhost: x\r\n\r\n")
            wait_until(lambda: service.get("/backends").json()[0]["slots_free"] == 7, "3 slots are taken")
            connection.close()
            wait_until(lambda: service.get("/backends").json()[0]["slots_free"] == 10, "the slots are free again")


class EscapeTest(unittest.TestCase):
    """A client can name paths of a backend, never another host, header or request."""

    def test_path_never_leads_elsewhere(self):
        with FakeBackend(json_reply("{}")) as good, FakeBackend(json_reply("{}")) as evil:
            host = f"127.0.0.1:{evil.port}"
            attempts = [f"good://{host}/x", f"good:http://{host}/x", f"good:@{host}/x", f"good:/@{host}/x",
                        f"good:/\\\\{host}/x", f"good:\\\\{host}", f"good:/../{host}", "good:/..", "good:/../../etc",
                        "good:..", f"good:.{host}", f"good:/x://{host}", f"good:{evil.port}/x", f"good:/#@{host}",
                        f"good:/?@{host}", f"good:///{host}/x", f"http://{host}/x", "good:/x\r\nx-evil: 1",
                        "good:/x HTTP/1.1\r\n\r\nGET /evil HTTP/1.1", "good:/x\n", "good:/x\ty", "good:/x\0y",
                        "good:/%0d%0ax-evil:1", "good:/x y", "good:/ä", "good:/%", "good:/%zz", "good:/<x>"]
            with Service("gateway", "--backend", "good=" + good.url) as service:
                for attempt in attempts:
                    for target in (fetch_target(attempt), fetch_target("good:/x", attempt)):
                        with self.subTest(target):
                            self.assertIn(service.get(target).status, (200, 400, 422))
                    path = attempt.partition(":")[2]
                    answer = service.get(f"/compare?n=1&path={quote(path, safe='')}")
                    self.assertIn(answer.status, (200, 400, 422), path)
            self.assertEqual(evil.connections, 0)
            self.assertGreater(len(good.requests), len(attempts))
            for head in good.requests:
                line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
                self.assertRegex(line, r"^GET /[!-~]* HTTP/1\.1$")
                self.assertIn(f"host: 127.0.0.1:{good.port}", fields)
                for field in fields:
                    self.assertRegex(field, r"^(host|user-agent|accept|accept-encoding|connection|x-request-id|x-request-timeout-ms): [ -~]+$")

    def test_bad_path_is_the_clients_mistake(self):
        with FakeBackend(json_reply("{}")) as good, Service("gateway", "--backend", "good=" + good.url) as service:
            for path in ("/x y", "/x\r\nx-evil: 1", "/%zz", "/ä", "/\\x"):
                self.assertEqual((path, service.get(fetch_target("good:" + path)).status), (path, 422))
                self.assertEqual((path, service.get("/compare?path=" + quote(path, safe="")).status), (path, 422))
            self.assertEqual(good.requests, [])


class NamedBackendsTest(unittest.TestCase):
    def test_one_of_two_is_down(self):
        with Service("loadtarget") as up:
            definitions = (f"up=http://127.0.0.1:{up.port}", f"down=http://127.0.0.1:{free_port()}")
            with Service("gateway", "--backend", definitions[0], "--backend", definitions[1]) as service:
                results = fetch(service, "down:/plaintext", "up:/plaintext", "up:/json", "down:/json",
                                "up:/items/7?q=x")
                self.assertEqual(kinds(results), ["unreachable", 200, 200, "unreachable", 200])
                self.assertEqual([results[i]["body"] for i in (1, 2, 4)],
                                 ["Hello, World!", {"message": "Hello, World!"}, {"item_id": 7, "q": "x"}])
                self.assertTrue(results[0]["error"]["message"])
                self.assertEqual([each["name"] for each in service.get("/backends").json()], ["down", "up"])

    def test_backend_that_comes_back(self):
        port = free_port()
        with Service("gateway", "--backend", f"late=http://127.0.0.1:{port}/") as service:
            self.assertEqual(kinds(fetch(service, "late:/plaintext")), ["unreachable"])
            with Service("loadtarget", port=port):
                self.assertEqual(kinds(fetch(service, "late:/plaintext")), [200])
            self.assertEqual(kinds(fetch(service, "late:/plaintext")), ["unreachable"])
            with Service("loadtarget", port=port):
                self.assertEqual(kinds(fetch(service, "late:/plaintext")), [200])

    def test_backends_from_the_environment(self):
        with Service("loadtarget") as first, Service("loadtarget") as second:
            listed = f"a=http://127.0.0.1:{first.port},b=http://127.0.0.1:{second.port}/any"
            with Service("gateway", COROUTE_BACKEND=listed, COROUTE_BACKEND_SLOTS="3") as service:
                self.assertEqual(kinds(fetch(service, "a:/json", "b:/x", "b:/y")), [200, 200, 200])
                self.assertEqual([each["slots"] for each in service.get("/backends").json()], [3, 3])

    def test_unknown_host(self):
        with Service("gateway", "--backend", "gone=http://no-such-host.invalid", "--backend-timeout", "5s") as service:
            self.assertIn(kinds(fetch(service, "gone:/x"))[0], ("unreachable", "timeout"))

    def test_definitions_that_are_wrong(self):
        for definition in ("http://127.0.0.1", "=http://127.0.0.1", "a=", "a=127.0.0.1", "a=ftp://x", "a=http://",
                           "a:b=http://127.0.0.1", "a=http://u:p@127.0.0.1", "a=http://127.0.0.1:99999",
                           "a=http://x?y"):
            with self.subTest(definition):
                ended = run_to_end("gateway", "--port", 0, "--backend", definition)
                self.assertEqual(ended.returncode, 1)
                self.assertTrue(ended.stderr.strip())
        twice = run_to_end("gateway", "--port", 0, "--backend", "a=http://x", "--backend", "a=http://y")
        self.assertEqual(twice.returncode, 1)
        self.assertIn("two backends", twice.stderr)
        self.assertEqual(run_to_end("gateway", "--backend-slots", 0).returncode, 2)
        self.assertEqual(run_to_end("gateway", "--backend-timeout", "0s").returncode, 2)


class GarbageTest(unittest.TestCase):
    def fetch_from(self, reply, **options):
        with FakeBackend(reply, **options) as backend:
            definitions = ("--backend", "bad=" + backend.url, "--backend", f"good=http://127.0.0.1:{self.good.port}")
            with Service("gateway", *definitions, "--backend-timeout", "5s") as service:
                bad, good = fetch(service, "bad:/x", "good:/json")
                self.assertEqual(service.get("/healthz").status, 200)
        self.assertEqual(good["status"], 200)
        return bad

    @classmethod
    def setUpClass(cls):
        cls.good = Service("loadtarget")
        cls.addClassCleanup(cls.good.stop)

    def test_answer_that_is_none(self):
        ok = b"HTTP/1.1 200 OK\r\n"
        for reply in (b"", b"garbage\r\n\r\n", b"\0" * 100, b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n",
                      b"SSH-2.0-x\r\n", ok, ok + b"content-length: 10\r\n\r\nabc", ok + b"content-length: -1\r\n\r\n",
                      ok + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab",
                      ok + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
                      ok + b"transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
                      ok + b"transfer-encoding: chunked\r\n\r\n5\r\nabc",
                      ok + b"x: " + b"y" * 200_000 + b"\r\n\r\n", ok + b"x: y\r\n" * 5_000 + b"\r\n",
                      ok + b"content-length: 99999999999\r\n\r\nabc", ok + b"content-length: 11000000\r\n\r\nabc"):
            with self.subTest(reply[:60]):
                self.assertEqual(kinds([self.fetch_from(reply)]), ["broken"])

    def test_body_that_is_no_json_is_text(self):
        for body, shown in {"": "", "{": "{", "héllo": "héllo", '{"a":1}x': '{"a":1}x', "[" * 50_000: "[" * 50_000,
                            '{"a":1}': {"a": 1}, "1e999": "1e999"}.items():
            with self.subTest(body[:20]):
                result = self.fetch_from(json_reply(body))
                self.assertEqual((result["status"], result["body"]), (200, shown))

    def test_body_that_is_no_text(self):
        result = self.fetch_from(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\xff\xfe\x00a")
        self.assertEqual((result["status"], result["body"]), (200, "\ufffd\ufffd\0a"))

    def test_backend_that_says_nothing(self):
        with FakeBackend(None) as mute, Service("gateway", "--backend", "mute=" + mute.url, "--backend-timeout",
                                                "200ms") as service:
            for _ in range(3):
                self.assertEqual(kinds(fetch(service, "mute:/x", "mute:/y")), ["timeout", "timeout"])
            self.assertEqual(service.get("/backends").json()[0]["slots_free"], 10)


class SlotsTest(unittest.TestCase):
    DELAY = 0.15

    def run_gateway(self, *arguments):
        narrow = FakeBackend(json_reply("1"), self.DELAY)
        wide = FakeBackend(json_reply("2"), self.DELAY)
        self.enterContext(narrow)
        self.enterContext(wide)
        service = Service("gateway", "--backend", "narrow=" + narrow.url, "--backend", "wide=" + wide.url, *arguments)
        self.addCleanup(service.stop)
        return service, narrow, wide

    def test_one_slot_is_one_after_the_other(self):
        service, narrow, wide = self.run_gateway("--backend-slots", 1, "--backend-timeout", "20s")
        results = fetch(service, *["narrow:/x"] * 4, "wide:/x")
        self.assertEqual(kinds(results), [200] * 5)
        self.assertEqual((narrow.most_at_once, wide.most_at_once), (1, 1))
        slowest = max(result["ms"] for result in results[:4])
        self.assertGreaterEqual(slowest, 4 * 1000 * self.DELAY)
        self.assertLess(results[4]["ms"], slowest / 2)

    def test_slots_are_shared_by_all_loops_and_clients(self):
        service, narrow, wide = self.run_gateway("--backend-slots", 2, "--backend-timeout", "20s", "--loops", 4)
        wanted = ["narrow:/x"] * 2 + ["wide:/x"]
        calls = Timed(*[lambda: fetch(service, *wanted)] * 4)
        self.assertEqual([kinds(results) for results in calls.results], [[200] * 3] * 4)
        self.assertEqual((narrow.most_at_once, wide.most_at_once), (2, 2))

    def test_many_slots_are_used(self):
        service, narrow, _ = self.run_gateway("--backend-slots", 8)
        fetch(service, *["narrow:/x"] * 8)
        self.assertGreater(narrow.most_at_once, 4)

    def test_waiting_counts_into_the_timeout(self):
        service, narrow, _ = self.run_gateway("--backend-slots", 1, "--backend-timeout", "250ms")
        results = fetch(service, *["narrow:/x"] * 4)
        self.assertEqual(sorted(map(str, kinds(results))), ["200", "timeout", "timeout", "timeout"])
        self.assertLess(max(result["ms"] for result in results), 1000)
        self.assertLessEqual(len(narrow.requests), 2)
        backend = service.get("/backends").json()[0]
        self.assertEqual([backend[name] for name in ("name", "slots", "slots_free", "waiting", "refused")],
                         ["narrow", 1, 1, 0, 0])

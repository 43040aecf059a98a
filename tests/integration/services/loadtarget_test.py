# SPDX-License-Identifier: BSL-1.0
"""Every route of services/loadtarget, its errors and limits included."""

import contextlib
import json
import unittest
from pathlib import Path

from fake_backend import FakeBackend, json_reply
from service import Answer, Service, Timed, free_port

ITEM = Path(__file__).resolve().parents[2] / "benchmarks" / "item.json"
MAX_BYTES = 16 * 1024 * 1024
MAX_BODY = 1024 * 1024
MISSING = object()


class LoadtargetTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("loadtarget", "--loops", 2)
        cls.addClassCleanup(cls.service.stop)

    def test_plaintext(self):
        answer = self.service.get("/plaintext")
        self.assertEqual((answer.status, answer.body, answer.headers["content-length"]), (200, b"Hello, World!", "13"))
        self.assertEqual(answer.headers["content-type"], "text/plain; charset=utf-8")

    def test_json(self):
        answer = self.service.get("/json")
        self.assertEqual((answer.body, answer.headers["content-type"]),
                         (b'{"message":"Hello, World!"}', "application/json"))

    def test_health(self):
        self.assertEqual(self.service.get("/healthz").json(), {"status": "ok"})

    def test_read_item(self):
        for target, item_id, q in (("/items/42", 42, None), ("/items/42?q=", 42, ""), ("/items/-1?q=a+b", -1, "a b"),
                                   ("/items/9223372036854775807?q=%E4%B8%96", 9223372036854775807, "世")):
            self.assertEqual(self.service.get(target).json(), {"item_id": item_id, "q": q})
        for text, kind in (("9223372036854775808", "int_parsing_size"), ("x", "int_parsing"), ("4.2", "int_parsing")):
            answer = self.service.get("/items/" + text)
            [error] = answer.json()["detail"]
            self.assertEqual((answer.status, error["type"], error["loc"]), (422, kind, ["path", "item_id"]))

    def test_other_resources(self):
        for index in (0, 17, 35):
            self.assertEqual(self.service.get(f"/api/v1/resource{index}/a-b").body, b'"a-b"')
        self.assertEqual(self.service.get("/api/v1/resource36/a").status, 404)

    def test_bytes(self):
        for count in (0, 1, 13, 16 * 1024, 16 * 1024 + 1, 100_000, 1_000_000, MAX_BYTES):
            answer = self.service.get(f"/bytes/{count}")
            self.assertEqual((answer.status, answer.headers["content-length"]), (200, str(count)))
            self.assertEqual(answer.headers["content-type"], "application/octet-stream")
            self.assertTrue(answer.body == b"x" * count, f"{count} bytes are not all x")
        head = self.service.request("HEAD", "/bytes/100000")
        self.assertEqual((head.headers["content-length"], head.body), ("100000", b""))
        for count in (MAX_BYTES + 1, -1, "x", 2 ** 64):
            self.assertEqual((count, self.service.get(f"/bytes/{count}").status), (count, 422))

    def test_sleep(self):
        for ms in (0, 1, 120):
            call = Timed(lambda ms=ms: self.service.get(f"/sleep/{ms}"))
            self.assertEqual(call.results[0].json(), {"slept_ms": ms})
            self.assertGreaterEqual(call.total, ms / 1000)
        for ms in (-1, 60_001, "x"):
            self.assertEqual((ms, self.service.get(f"/sleep/{ms}").status), (ms, 422))

    def test_many_sleep_at_once(self):
        calls = Timed(*[lambda: self.service.get("/sleep/200")] * 40)
        self.assertEqual({answer.status for answer in calls.results}, {200})
        self.assertLess(calls.total, 40 * 0.2 / 4)

    def test_fanout_without_a_backend(self):
        answer = self.service.get("/fanout/3")
        self.assertEqual(answer.status, 503)
        self.assertIn("--backend", answer.json()["detail"])

    def test_echo(self):
        for body in (b"", b"x", bytes(range(256)) * 5, b"y" * MAX_BODY):
            answer = self.service.request("POST", "/echo", body)
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/octet-stream"))
            self.assertTrue(answer.body == body)
        answer = self.service.request("POST", "/echo", b"{}", {"content-type": "text/x; a=\"b\""})
        self.assertEqual(answer.headers["content-type"], 'text/x; a="b"')
        self.assertEqual(self.service.get("/echo").status, 405)

    def test_body_over_the_limit(self):
        answer = self.service.request("POST", "/echo", b"z" * (MAX_BODY + 1))
        self.assertEqual(answer.status, 413)
        chunks = (b"z" * 65536 for _ in range(MAX_BODY // 65536 + 1))
        with contextlib.closing(self.service.connect()) as connection:
            with contextlib.suppress(ConnectionError):
                connection.request("POST", "/echo", chunks)
            self.assertEqual(Answer(connection.getresponse()).status, 413)

    def test_chunked_echo(self):
        for sizes in ([], [1], [1, 70_000, 3], [1000] * 500):
            chunks = [bytes([65 + i % 26]) * size for i, size in enumerate(sizes)]
            answer = self.service.request("POST", "/echo", iter(chunks))
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.body == b"".join(chunks), sizes[:5])

    def test_any_method(self):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "M-SEARCH"):
            for path in ("/any/", "/any/a", "/any/a/b/c?d=e"):
                body = b"" if method in ("GET", "HEAD") else b"body of " + method.encode()
                answer = self.service.request(method, path, body)
                self.assertEqual((method, path, answer.status), (method, path, 200))
                self.assertEqual(answer.body, body)
        self.assertEqual(self.service.request("TRACE", "/any/a").status, 405)

    def test_keep_alive(self):
        with contextlib.closing(self.service.connect()) as connection:
            connection.connect()
            local_port = connection.sock.getsockname()[1]
            for i in range(500):
                connection.request("GET", f"/items/{i}")
                self.assertEqual(json.loads(connection.getresponse().read())["item_id"], i)
            self.assertEqual(connection.sock.getsockname()[1], local_port)


class CreateItemTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("loadtarget", "--loops", 1)
        cls.addClassCleanup(cls.service.stop)
        cls.item = json.loads(ITEM.read_bytes())

    def errors_of(self, **changes):
        item = {**self.item, **changes}
        item = {name: value for name, value in item.items() if value is not MISSING}
        answer = self.service.post_json("/items", item)
        self.assertEqual(answer.status, 422)
        return answer.json()["detail"]

    def test_item_is_echoed_as_it_came(self):
        answer = self.service.request("POST", "/items", ITEM.read_bytes(), {"content-type": "application/json"})
        self.assertEqual((answer.status, answer.json()), (200, self.item))
        self.assertEqual(list(answer.json()), list(self.item))

    def test_what_is_just_allowed(self):
        for changes in ({"name": "x"}, {"sku": "é"}, {"price": 0}, {"price": 1e300}, {"price": 7}, {"quantity": 0},
                        {"quantity": 2 ** 63 - 1}, {"active": False}, {"tags": []}, {"description": ""},
                        {"dimensions": {}}):
            item = {**self.item, **changes}
            answer = self.service.post_json("/items", item)
            self.assertEqual((answer.status, answer.json()), (200, item))

    def test_what_is_no_field_is_left_out(self):
        answer = self.service.post_json("/items", {"extra": [1, {"a": None}], **self.item})
        self.assertEqual((answer.status, answer.json()), (200, self.item))

    def test_each_mistake_has_its_type(self):
        for name, value, kind in (
                ("name", MISSING, "missing"), ("name", None, "string_type"), ("name", 5, "string_type"),
                ("name", "", "string_too_short"), ("sku", "", "string_too_short"), ("sku", ["x"], "string_type"),
                ("price", MISSING, "missing"), ("price", "1.5", "float_type"), ("price", True, "float_type"),
                ("price", -0.01, "greater_than_equal"), ("quantity", 1.5, "int_type"), ("quantity", "1", "int_type"),
                ("quantity", -1, "greater_than_equal"), ("active", 1, "bool_type"), ("active", "true", "bool_type"),
                ("active", None, "bool_type"), ("tags", "a", "list_type"), ("tags", {"a": "b"}, "list_type"),
                ("description", MISSING, "missing"), ("description", 1, "string_type"),
                ("dimensions", [1], "dict_type"), ("dimensions", None, "dict_type")):
            with self.subTest(name=name, value=value):
                [error] = self.errors_of(**{name: value})
                self.assertEqual((error["type"], error["loc"]), (kind, ["body", name]))
                self.assertEqual(error["input"], value if value is not MISSING else error["input"])
                self.assertTrue(error["msg"])

    def test_mistake_inside_a_member_has_its_place(self):
        [error] = self.errors_of(tags=["a", 2])
        self.assertEqual((error["type"], error["loc"], error["input"]), ("string_type", ["body", "tags", 1], 2))
        self.assertEqual([error["loc"] for error in self.errors_of(tags=["a", None, {}], name="")],
                         [["body", "name"], ["body", "tags", 1], ["body", "tags", 2]])
        [error] = self.errors_of(dimensions={"w": 1, "h": "x"})
        self.assertEqual((error["type"], error["loc"], error["input"]),
                         ("float_parsing", ["body", "dimensions", "h"], "x"))

    def test_bounds_are_named(self):
        [error] = self.errors_of(quantity=-3)
        self.assertEqual((error["ctx"], error["msg"]), ({"ge": 0}, "Input should be greater than or equal to 0"))
        [error] = self.errors_of(name="")
        self.assertEqual((error["ctx"], error["msg"]),
                         ({"min_length": 1}, "String should have at least 1 character"))

    def test_all_mistakes_at_once_in_order(self):
        errors = self.errors_of(**{name: MISSING for name in self.item})
        self.assertEqual([(error["type"], error["loc"]) for error in errors],
                         [("missing", ["body", name]) for name in self.item])
        errors = self.errors_of(name="", price="x", tags=3)
        self.assertEqual([error["loc"][1] for error in errors], ["name", "price", "tags"])

    def test_integer_beyond_64_bits(self):
        [error] = self.errors_of(quantity=2 ** 64)
        self.assertIn(error["type"], ("int_type", "int_parsing_size"))
        self.assertEqual(self.service.post_json("/items", {**self.item, "quantity": 2 ** 63}).status, 200)

    def test_body_that_is_no_object(self):
        for body in ([], [self.item], "item", 1, True, None):
            answer = self.service.post_json("/items", body)
            [error] = answer.json()["detail"]
            kind = "missing" if body is None else "model_attributes_type"
            self.assertEqual((answer.status, error["type"], error["loc"], error["input"]), (422, kind, ["body"], body))

    def test_body_that_is_no_json(self):
        for body in (b"{", b"", ITEM.read_bytes()[:-1], ITEM.read_bytes() + b"x"):
            answer = self.service.request("POST", "/items", body, {"content-type": "application/json"})
            [error] = answer.json()["detail"]
            self.assertEqual((answer.status, error["type"]), (422, "json_invalid" if body else "missing"))

    def test_body_that_is_no_utf8(self):
        answer = self.service.request("POST", "/items", b"\xff", {"content-type": "application/json"})
        self.assertEqual((answer.status, answer.json()), (400, {"detail": "There was an error parsing the body"}))


class FanoutTest(unittest.TestCase):
    def test_calls_a_second_loadtarget(self):
        with Service("loadtarget") as backend:
            url = f"http://127.0.0.1:{backend.port}"
            with Service("loadtarget", "--backend", url, "--backend-slots", 2) as service:
                for count in (0, 1, 2, 3, 50, 1000):
                    self.assertEqual(service.get(f"/fanout/{count}").json(), {"calls": count, "succeeded": count})
                for count in (1001, -1, "x"):
                    self.assertEqual((count, service.get(f"/fanout/{count}").status), (count, 422))
                calls = Timed(*[lambda: service.get("/fanout/100")] * 8)
                self.assertEqual({answer.body for answer in calls.results}, {b'{"calls":100,"succeeded":100}'})

    def test_slots_bound_the_calls(self):
        for slots in (1, 2):
            with FakeBackend(json_reply("1"), delay=0.05) as backend:
                with Service("loadtarget", "--backend", backend.url, "--backend-slots", slots, "--loops", 2) as service:
                    calls = Timed(*[lambda: service.get("/fanout/4")] * 2)
                    self.assertEqual({answer.status for answer in calls.results}, {200})
                self.assertEqual((backend.most_at_once, len(backend.requests)), (slots, 8))

    def test_backend_that_refuses(self):
        with FakeBackend(json_reply("{}", "503 Service Unavailable")) as backend:
            with Service("loadtarget", "--backend", backend.url) as service:
                self.assertEqual(service.get("/fanout/5").json(), {"calls": 5, "succeeded": 0})

    def test_backend_that_is_down(self):
        with Service("loadtarget", "--backend", f"http://127.0.0.1:{free_port()}") as service:
            for _ in range(2):
                self.assertEqual(service.get("/fanout/5").status, 502)
            self.assertEqual(service.get("/plaintext").status, 200)

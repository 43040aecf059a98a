# SPDX-License-Identifier: BSL-1.0
"""Every route of services/quickstart, its errors included."""

import unittest

from service import Service, Timed

BOTH_SECONDS = 0.1
RENDER_SECONDS = 0.02
RENDERERS = 4


class QuickstartTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("quickstart", "--loops", 2)
        cls.addClassCleanup(cls.service.stop)

    def check_error(self, answer, kind, location, given):
        self.assertEqual(answer.status, 422)
        self.assertEqual(answer.headers["content-type"], "application/json")
        [error] = answer.json()["detail"]
        self.assertEqual((error["type"], error["loc"], error["input"]), (kind, location, given))
        self.assertTrue(error["msg"])

    def test_index(self):
        answer = self.service.get("/")
        self.assertEqual((answer.status, answer.body), (200, b'{"message":"Hello, World!"}'))
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["content-length"], str(len(answer.body)))
        self.assertIn("date", answer.headers)

    def test_item_with_and_without_query(self):
        for target, expected in {
            "/items/3": {"item_id": 3, "q": None},
            "/items/-5?q=": {"item_id": -5, "q": ""},
            "/items/0?q=a%20b+c%26&x=1": {"item_id": 0, "q": "a b c&"},
            "/items/7?q=first&q=last": {"item_id": 7, "q": "last"},
            "/items/2147483647?q=%C3%A9": {"item_id": 2147483647, "q": "é"},
            "/items/-2147483648": {"item_id": -2147483648, "q": None},
            "/items/1.0": {"item_id": 1, "q": None},
            "/items/%201": {"item_id": 1, "q": None},
            "/items/1_000?q=" + 50 * "x": {"item_id": 1000, "q": 50 * "x"},
        }.items():
            with self.subTest(target):
                answer = self.service.get(target)
                self.assertEqual((answer.status, answer.json()), (200, expected))

    def test_item_number_that_is_none(self):
        for text in ("abc", "1.5", "0x1", "1e3", "1__0"):
            with self.subTest(text):
                self.check_error(self.service.get("/items/" + text), "int_parsing", ["path", "item_id"], text)
        for text in ("2147483648", "-2147483649", "9" * 100):
            with self.subTest(text):
                self.check_error(self.service.get("/items/" + text), "int_parsing_size", ["path", "item_id"], text)

    def test_item_with_too_long_a_query(self):
        answer = self.service.get("/items/3?q=" + 51 * "x")
        self.check_error(answer, "string_too_long", ["query", "q"], 51 * "x")

    def test_item_is_created(self):
        first = self.service.post_json("/items", {"name": "Foo", "price": 35.4})
        self.assertEqual(first.status, 201)
        first = first.json()
        self.assertEqual(first, {"item_id": first["item_id"], "name": "Foo", "price": 35.4, "tags": []})
        second = self.service.post_json("/items", {"name": "é" * 80, "price": "0.5", "tags": ["a"] * 10}).json()
        self.assertEqual(second, {"item_id": second["item_id"], "name": "é" * 80, "price": 0.5, "tags": ["a"] * 10})
        self.assertGreater(second["item_id"], first["item_id"])

    def test_item_that_is_not_good(self):
        for item, kind, location in (({"price": 1}, "missing", ["name"]), ({"name": "Foo"}, "missing", ["price"]),
                                     ({"name": "", "price": 1}, "string_too_short", ["name"]),
                                     ({"name": "é" * 81, "price": 1}, "string_too_long", ["name"]),
                                     ({"name": 5, "price": 1}, "string_type", ["name"]),
                                     ({"name": "Foo", "price": 0}, "greater_than", ["price"]),
                                     ({"name": "Foo", "price": "x"}, "float_parsing", ["price"]),
                                     ({"name": "Foo", "price": 1, "tags": ["a"] * 11}, "too_long", ["tags"]),
                                     ({"name": "Foo", "price": 1, "tags": [5]}, "string_type", ["tags", 0])):
            with self.subTest(item):
                answer = self.service.post_json("/items", item)
                [error] = answer.json()["detail"]
                self.assertEqual((answer.status, error["type"], error["loc"]), (422, kind, ["body", *location]))
        both = self.service.post_json("/items", {}).json()["detail"]
        self.assertEqual([error["loc"] for error in both], [["body", "name"], ["body", "price"]])

    def test_order_is_created(self):
        for sku in ("KB-8842", "x", "h\u00e9\u4e16\U0001f600"):
            with self.subTest(sku=sku):
                answer = self.service.post_json("/orders", {"sku": sku, "count": 2})
                self.assertEqual((answer.status, answer.json()), (201, {"sold": sku}))

    def test_order_without_sku(self):
        for order in ({}, {"SKU": 1}, {"order": {"sku": 1}}):
            with self.subTest(order=order):
                self.check_error(self.service.post_json("/orders", order), "missing", ["body", "sku"], order)
        for sku in (17, None, True, 1.5, ["a", {"b": 1}]):
            with self.subTest(sku=sku):
                self.check_error(self.service.post_json("/orders", {"sku": sku}), "string_type", ["body", "sku"], sku)
        self.check_error(self.service.post_json("/orders", {"sku": ""}), "string_too_short", ["body", "sku"], "")

    def test_order_that_is_no_object(self):
        for order in ([], ["sku"], "sku", 3):
            with self.subTest(order=order):
                self.check_error(self.service.post_json("/orders", order), "model_attributes_type", ["body"], order)
        self.check_error(self.service.post_json("/orders", None), "missing", ["body"], None)

    def test_order_count(self):
        for count, status in ((0, 422), (1, 201), (1000, 201), (1001, 422), ("5", 201), (1.5, 422)):
            answer = self.service.post_json("/orders", {"sku": "x", "count": count})
            self.assertEqual((count, answer.status), (count, status))

    def test_order_that_is_no_json(self):
        for body in (b'{"sku":', b"{sku: 1}", b'{"sku":"1"}{"sku":2}', b'{"sku":"1",}', b"NaN", b"[" * 100_000):
            with self.subTest(body[:20]):
                answer = self.service.request("POST", "/orders", body, {"content-type": "application/json"})
                self.assertEqual(answer.status, 422)
                [error] = answer.json()["detail"]
                self.assertEqual(error["type"], "json_invalid")
                self.assertEqual(error["loc"][0], "body")
                self.assertLessEqual(error["loc"][1], len(body))
                self.assertTrue(error["ctx"]["error"])

    def test_order_that_is_not_utf8(self):
        answer = self.service.request("POST", "/orders", b'{"sku":"\xff"}', {"content-type": "application/json"})
        self.assertEqual((answer.status, answer.json()), (400, {"detail": "There was an error parsing the body"}))

    def test_order_of_another_content_type(self):
        order = '{"sku":"1"}'
        for content_type in ("text/plain", "application/x-www-form-urlencoded"):
            answer = self.service.request("POST", "/orders", order, {"content-type": content_type})
            self.check_error(answer, "model_attributes_type", ["body"], order)
        self.check_error(self.service.request("POST", "/orders", order), "model_attributes_type", ["body"], order)
        for content_type in ("application/json; charset=utf-8", "Application/JSON", "application/order+json"):
            answer = self.service.request("POST", "/orders", order, {"content-type": content_type})
            self.assertEqual((content_type, answer.status), (content_type, 201))

    def test_order_without_body(self):
        answer = self.service.request("POST", "/orders", b"", {"content-type": "application/json"})
        self.check_error(answer, "missing", ["body"], None)

    def test_hello(self):
        for name, shown in {"Ada": "Ada", "J%C3%BCrgen%20K": "Jürgen K", "a%2Fb": "a/b"}.items():
            with self.subTest(name):
                answer = self.service.get("/hello/" + name)
                self.assertEqual(answer.status, 200)
                self.assertIn(f"Hello, {shown}!".encode(), answer.body)
                self.assertRegex(answer.headers["content-type"], "^text/.*charset=utf-8$")

    def test_bad_escape_in_the_path(self):
        for target in ("/items/12%00", "/hello/%zz", "/hello/%"):
            self.assertEqual((target, self.service.get(target).status), (target, 400))

    def test_hello_passes_no_markup_on(self):
        answer = self.service.get("/hello/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
        if answer.headers["content-type"].startswith("text/html"):
            self.assertNotIn(b"<script", answer.body)

    def test_hello_renders_a_few_at_once(self):
        calls = Timed(*[lambda: self.service.get("/hello/x")] * (3 * RENDERERS))
        self.assertEqual({answer.status for answer in calls.results}, {200})
        self.assertGreaterEqual(calls.total, 3 * RENDER_SECONDS)

    def test_hello_does_not_hold_up_others(self):
        with Service("quickstart", "--loops", 1) as service:
            done = []

            def ask_index():
                latencies = []
                while not done:
                    latencies.append(Timed(lambda: service.get("/")).total)
                return min(latencies)

            def render():
                answers = Timed(*[lambda: service.get("/hello/x")] * 40).results
                done.append(True)
                return answers

            calls = Timed(render, ask_index)
            self.assertGreaterEqual(calls.seconds[0], 10 * RENDER_SECONDS)
            self.assertLess(calls.results[1], RENDER_SECONDS)

    def test_both_sleeps_are_concurrent(self):
        fastest = min(Timed(lambda: self.assertEqual(self.service.get("/both").body, b'"done"')).total
                      for _ in range(5))
        self.assertGreaterEqual(fastest, BOTH_SECONDS)
        self.assertLess(fastest, 1.8 * BOTH_SECONDS)

    def test_both_on_one_loop_serves_many(self):
        with Service("quickstart", "--loops", 1) as service:
            calls = Timed(*[lambda: service.get("/both")] * 30)
        self.assertEqual({answer.body for answer in calls.results}, {b'"done"'})
        self.assertLess(calls.total, 10 * BOTH_SECONDS)

    def test_head_is_get_without_body(self):
        for target in ("/", "/items/3?q=x", "/items/abc", "/both", "/nothing"):
            with self.subTest(target):
                got, head = self.service.get(target), self.service.request("HEAD", target)
                self.assertEqual((head.status, head.body), (got.status, b""))
                for name in ("content-type", "content-length"):
                    self.assertEqual(head.headers[name], got.headers[name])

    def test_options_names_the_methods(self):
        for target, allowed in {"/": "GET, HEAD", "/orders": "POST", "/items/3": "GET, HEAD", "/items": "POST"}.items():
            answer = self.service.request("OPTIONS", target)
            self.assertEqual((answer.status, answer.headers["allow"], answer.body), (204, allowed, b""))

    def test_unknown_path(self):
        for target in ("/nothing", "/items/1/2", "/ITEMS/1", "//", "/orders/x"):
            answer = self.service.get(target)
            self.assertEqual((target, answer.status, answer.json()), (target, 404, {"detail": "Not Found"}))

    def test_wrong_method(self):
        for method, target, allowed in (("DELETE", "/", "GET, HEAD"), ("POST", "/both", "GET, HEAD"),
                                        ("GET", "/orders", "POST"), ("HEAD", "/orders", "POST"),
                                        ("BREW", "/hello/x", "GET, HEAD")):
            answer = self.service.request(method, target)
            self.assertEqual((answer.status, answer.headers["allow"]), (405, allowed))
            if method != "HEAD":
                self.assertEqual(answer.json(), {"detail": "Method Not Allowed"})

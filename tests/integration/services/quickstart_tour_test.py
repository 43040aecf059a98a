# SPDX-License-Identifier: BSL-1.0
"""What services/quickstart has beyond main.cpp: products, users, photos, and the document of it all."""

import json
import unittest
import urllib.parse

from service import Service, Timed

FORM = {"content-type": "application/x-www-form-urlencoded"}
PRODUCT = {"name": "Model F", "category": "keyboard", "price": "250.00", "stock": 2}


class TourTest(unittest.TestCase):
    """Each test has a shop of its own."""

    def setUp(self):
        self.service = Service("quickstart", "--loops", 2)
        self.addCleanup(self.service.stop)

    def log_in(self, username="ada", password="lovelace"):
        return self.service.request("POST", "/token", urllib.parse.urlencode(
            {"grant_type": "password", "username": username, "password": password}), FORM)

    def send(self, method, target, value=None, token=None):
        headers = {"content-type": "application/json"}
        if token is None:
            token = self.log_in().json()["access_token"]
        if token:
            headers["authorization"] = "Bearer " + token
        return self.service.request(method, target, json.dumps(value) if value is not None else b"", headers)

    def names(self, query=""):
        return [product["name"] for product in self.service.get("/products" + query).json()]

    def test_the_list_is_filtered(self):
        everything = self.names()
        self.assertEqual(everything, ["Model M", "Trackball", 'Portrait 24"'])
        self.assertEqual(self.names("?category=mouse"), ["Trackball"])
        self.assertEqual(self.names("?max_price=119.90"), everything[:2])
        self.assertEqual(self.names("?max_price=119.899"), everything[1:2])
        self.assertEqual(self.names("?offset=1&limit=1"), everything[1:2])
        self.assertEqual(self.names("?offset=3"), [])
        self.assertEqual(self.names("?offset=2000000000"), [])
        for query, kind in (("limit=0", "greater_than_equal"), ("limit=101", "less_than_equal"), ("tool=x", "extra_forbidden"),
                            ("offset=-1", "greater_than_equal"), ("category=chair", "enum"), ("max_price=x", "decimal_parsing")):
            answer = self.service.get("/products?" + query)
            self.assertEqual((answer.status, [error["type"] for error in answer.json()["detail"]]), (422, [kind]))

    def test_a_product_lives_from_its_creation_to_its_deletion(self):
        created = self.send("POST", "/products", PRODUCT)
        product = created.json()
        self.assertEqual((created.status, product), (201, {"product_id": product["product_id"], **PRODUCT, "note": None}))
        path = f"/products/{product['product_id']}"
        self.assertEqual(self.service.get(path).json(), product)
        changed = self.send("PATCH", path, {"price": 199.5, "note": "old"}).json()
        self.assertEqual(changed, {**product, "price": "199.5", "note": "old"})
        self.assertEqual(self.send("PATCH", path, {"note": None}).json(), {**changed, "note": None})
        self.assertEqual(self.send("PATCH", path, {"price": -1}).status, 422)
        deleted = self.send("DELETE", path)
        self.assertEqual((deleted.status, deleted.body), (204, b""))
        for answer in (self.service.get(path), self.send("PATCH", path, {}), self.send("DELETE", path)):
            self.assertEqual((answer.status, answer.json()), (404, {"detail": "Product not found"}))

    def test_what_is_sold_out_is_a_conflict(self):
        sold = self.service.request("POST", "/products/2/buy?count=3")
        self.assertEqual((sold.status, sold.json()["stock"]), (200, 0))
        again = self.service.request("POST", "/products/2/buy")
        self.assertEqual((again.status, again.json()), (409, {"detail": "not enough in stock", "left": 0}))
        self.assertEqual(self.service.request("POST", "/products/99/buy").status, 404)
        self.assertEqual(self.service.request("POST", "/products/0/buy?count=101").status, 422)

    def test_buyers_at_once_get_what_there_is(self):
        answers = Timed(*[lambda: self.service.request("POST", "/products/1/buy").status] * 20).results
        self.assertEqual(sorted(answers), [200] * 7 + [409] * 13)

    def test_changes_need_a_login(self):
        for method, target in (("POST", "/products"), ("PATCH", "/products/1"), ("DELETE", "/products/1")):
            for token, detail in (("", "Not authenticated"), ("made-up", "Invalid authentication credentials")):
                answer = self.send(method, target, PRODUCT, token)
                self.assertEqual((answer.status, answer.json()), (401, {"detail": detail}))
                self.assertEqual(answer.headers["www-authenticate"], "Bearer")
        self.assertEqual(self.names()[0], "Model M")

    def test_the_shop_can_be_full(self):
        token = self.log_in().json()["access_token"]
        statuses = [self.send("POST", "/products", PRODUCT, token).status for _ in range(998)]
        self.assertEqual(statuses, [201] * 997 + [507])

    def test_login(self):
        token = self.log_in().json()
        self.assertEqual(token["token_type"], "bearer")
        answer = self.send("GET", "/users/me", None, token["access_token"])
        self.assertEqual(answer.json(), {"username": "ada", "full_name": "Ada Lovelace"})
        for username, password in (("ada", "hopper"), ("eve", "lovelace"), ("ada", "lovelace ")):
            wrong = self.log_in(username, password)
            self.assertEqual((wrong.status, wrong.json()), (400, {"detail": "Incorrect username or password"}))
        self.assertEqual(self.service.request("POST", "/token", "username=ada", FORM).status, 422)

    def test_visits_are_counted_in_a_cookie(self):
        first = self.service.get("/visits")
        self.assertEqual(first.json(), {"visits": 1})
        self.assertIn("visits=1; HttpOnly; Max-Age=86400", first.headers["set-cookie"])
        second = self.service.request("GET", "/visits", headers={"cookie": "visits=1"})
        self.assertEqual(second.json(), {"visits": 2})
        for value in ("x", "-1", "1000000"):
            answer = self.service.request("GET", "/visits", headers={"cookie": "visits=" + value})
            self.assertEqual((value, answer.status), (value, 422))

    def upload(self, content, filename="cat.png", field="photo"):
        body = (f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'
                "Content-Type: image/png\r\n\r\n").encode() + content + b"\r\n--b--\r\n"
        return self.service.request("POST", "/photos", body, {"content-type": "multipart/form-data; boundary=b"})

    def test_photo(self):
        answer = self.upload(b"meow")
        self.assertEqual((answer.status, answer.json()),
                         (201, {"filename": "cat.png", "content_type": "image/png", "bytes": 4, "checksum": fnv1a(b"meow"),
                                "title": None}))
        large = bytes(range(256)) * 10_000
        self.assertEqual(self.upload(large).json()["checksum"], fnv1a(large))
        self.assertEqual(self.upload(bytes(5_000_000)).status, 413)
        self.assertEqual(self.upload(b"", field="other").json()["detail"][0]["loc"], ["body", "photo"])

    def test_document(self):
        document = self.service.get("/openapi.json").json()
        operations = {operation["operationId"]: operation
                      for methods in document["paths"].values() for operation in methods.values()}
        self.assertEqual(set(operations), {
            "read_root", "read_item", "create_item", "say_hello", "wait_for_both", "list_products", "create_product",
            "read_product", "update_product", "delete_product", "buy_product", "sell", "log_in", "read_me", "count_visits",
            "upload_photo"})
        self.assertEqual({tag for operation in operations.values() for tag in operation.get("tags", [])},
                         {tag["name"] for tag in document["tags"]})
        self.assertEqual(operations["delete_product"]["security"], [{"OAuth2PasswordBearer": []}])
        self.assertEqual(set(operations["delete_product"]["responses"]), {"204", "401", "404", "422"})
        self.assertEqual(set(operations["buy_product"]["responses"]), {"200", "404", "409", "422"})
        self.assertIn("multipart/form-data", operations["upload_photo"]["requestBody"]["content"])
        self.assertIn("text/plain", operations["say_hello"]["responses"]["200"]["content"])


def fnv1a(data):
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 % 2**32
    return value

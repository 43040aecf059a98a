// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_request.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "coroute/http/form_data.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

namespace {

/// Tells what it was sent: the request line, each field, an empty line, the body with "|" before each piece.
Async<Response> tell(Request& request) {
  std::string seen(request.method_name());
  seen.append(" ").append(request.target()).append("\n");
  for (const HeaderField field : request.headers())
    seen.append(field.name).append(": ").append(field.value).append("\n");
  seen += "\n";
  while (true) {
    const std::optional<std::string_view> piece = co_await request.next_chunk();
    if (!piece) break;
    seen.append("|").append(*piece);
  }
  co_return text(seen);
}

Async<TestResponse> send(TestRequestBuilder builder) {
  return builder.send();
}

/// "name=text;" of each text, "name=filename type content;" of each file.
Async<Response> list_form(Request& request) {
  std::string listed;
  const FormData& form = co_await request.form();
  for (const FormField& field : form) {
    listed.append(field.name).append("=");
    if (const UploadFile* const file = field.value.file()) {
      listed.append(file->filename()).append(" ").append(file->content_type().value_or("-")).append(" ");
      listed.append(file->content());
    } else {
      listed.append(*field.value.text());
    }
    listed.append(";");
  }
  co_return text(listed);
}

struct Fixture {
  TestClient client{&tell, {.headers = {{"accept", "x"}}, .user_agent = ""}};

  /// Behind the fields that every request has.
  std::string seen(const TestResponse& response) const {
    const std::string fixed = "host: testserver\naccept: x\n";
    std::string text = response.text();
    const std::size_t at = text.find(fixed);
    REQUIRE(at != std::string::npos);
    return text.replace(at, fixed.size(), "");
  }
};

static_assert(!std::is_constructible_v<TextPair, const char*, char>);
static_assert(!std::is_constructible_v<JsonText, const char*>);
static_assert(!std::is_copy_constructible_v<TestRequestBuilder>);

}  // namespace

TEST_SUITE("testing") {
  TEST_CASE_FIXTURE(Fixture, "test request: without options it has neither body nor length") {
    CHECK(seen(client.get("/x")) == "GET /x\n\n");
    CHECK(seen(client.options("/x")) == "OPTIONS /x\n\n");
    CHECK(seen(client.del("/x")) == "DELETE /x\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: where content is expected its absence is said") {
    CHECK(seen(client.post("/x")) == "POST /x\ncontent-length: 0\n\n");
    CHECK(seen(client.put("/x")) == "PUT /x\ncontent-length: 0\n\n");
    CHECK(seen(client.patch("/x")) == "PATCH /x\ncontent-length: 0\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: any method goes but CONNECT and what is no token") {
    CHECK(seen(client.request("PURGE", "/x")) == "PURGE /x\n\n");
    CHECK(seen(client.request("get", "/x")) == "get /x\n\n");
    for (const char* const method : {"CONNECT", "", "A B", "A\r\nB"})
      CHECK_THROWS_AS(client.request(method, "/x"), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: query parameters are appended and encoded") {
    CHECK(seen(client.get("/x", {.query = {{"q", "a b&c"}, {"n", 5}}})) == "GET /x?q=a+b%26c&n=5\n\n");
    CHECK(seen(client.get("/x?a=1#top", {.query = {{"q", true}, {"q", 0.5}}})) == "GET /x?a=1&q=true&q=0.5\n\n");
    CHECK(seen(client.get("/", {.query = {{"low", std::numeric_limits<std::int64_t>::min()},
                                          {"high", std::numeric_limits<std::uint64_t>::max()}}})) ==
          "GET /?low=-9223372036854775808&high=18446744073709551615\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: what a URL can't have is encoded, escapes stay") {
    CHECK(seen(client.get("/a b/\xc3\xa4?q=\"x y\"&r=[1]")) == "GET /a%20b/%C3%A4?q=%22x%20y%22&r=%5B1%5D\n\n");
    CHECK(seen(client.get("/%41%zz%4%")) == "GET /%41%25zz%254%25\n\n");
    CHECK(seen(client.get("/a/../b//c/")) == "GET /a/../b//c/\n\n");
    CHECK(seen(client.get("/x?next=http://h/[1]")) == "GET /x?next=http://h/%5B1%5D\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: control characters in a URL are refused") {
    for (const char* const url : {"/a\r\nx: y", "/a\nb", "/a\tb", "/\x7f"})
      CHECK_THROWS_AS(client.get(url), std::invalid_argument);
    CHECK_THROWS_AS(client.get(std::string_view("/a\0b", 4)), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: a relative URL gets the slash it lacks") {
    CHECK(seen(client.get("x")) == "GET /x\n\n");
    CHECK(seen(client.get("")) == "GET /\n\n");
    CHECK(seen(client.get("?q")) == "GET /?q\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: an absolute URL names its own host") {
    const TestResponse response = client.get("http://[::1]:81/x");
    CHECK(response.text() == "GET /x\nhost: [::1]:81\naccept: x\n\n");
    CHECK(response.url().to_string() == "http://[::1]:81/x");
    for (const char* const url : {"ftp://h/", "http://", "http://a b/", "http://u:p@h/", "http://h:0/"})
      CHECK_THROWS_AS(client.get(url), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: headers go out in order, repeated ones too") {
    CHECK(seen(client.get("/", {.headers = {{"X-Token", "fake"}, {"b", "1"}, {"x-token", "2"}}})) ==
          "GET /\nX-Token: fake\nb: 1\nx-token: 2\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: headers of its own replace the defaults, the host too") {
    CHECK(client.get("/", {.headers = {{"ACCEPT", "y"}}}).text() == "GET /\nhost: testserver\nACCEPT: y\n\n");
    CHECK(client.get("/", {.headers = {{"Host", "other"}}}).text() == "GET /\nhost: other\naccept: x\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: framing fields belong to the client") {
    for (const char* const name : {"content-length", "Transfer-Encoding"})
      CHECK_THROWS_AS(client.get("/", {.headers = {{name, "1"}}}), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: json is its compact text") {
    CHECK(seen(client.post("/", {.json = Json{{"name", "x"}, {"n", {1, nullptr}}}})) ==
          "POST /\ncontent-type: application/json\ncontent-length: 25\n\n|{\"name\":\"x\",\"n\":[1,null]}");
    CHECK(seen(client.put("/", {.json = Json()})) ==
          "PUT /\ncontent-type: application/json\ncontent-length: 4\n\n|null");
    CHECK(seen(client.post("/", {.json = Json("\xc3\xa4")})) ==
          "POST /\ncontent-type: application/json\ncontent-length: 4\n\n|\"\xc3\xa4\"");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: a form is encoded as browsers do") {
    CHECK(seen(client.post("/", {.form = {{"user", "a b"}, {"n", 1}, {"n", 2}, {"e", ""}}})) ==
          "POST /\ncontent-type: application/x-www-form-urlencoded\ncontent-length: 19\n\n|user=a+b&n=1&n=2&e=");
  }

  TEST_CASE("test request: with files a form is multipart, texts first") {
    TestClient client(&list_form);
    const TestFile photo{"photo", "a \"b\".jpg", std::string("\0\r\n", 3), "image/jpeg"};
    const std::string listed = std::string("photo=a \"b\".jpg image/jpeg ") + std::string("\0\r\n", 3) + ";";
    CHECK(client.post("/", {.files = {photo}}).text() == listed);
    CHECK(client.post("/", {.form = {{"n", 1}, {"t", "\xc3\xa4&"}}, .files = {photo, {"more", "x"}}}).text() ==
          "n=1;t=\xc3\xa4&;" + listed + "more=x application/octet-stream ;");
    CHECK(client.run(send(client.async_put("/").file(photo).form("n", 1))).text() == "n=1;" + listed);
    CHECK(client.run(send(client.async_put("/").form("n", 1).file(photo))).text() == "n=1;" + listed);
    CHECK(client.run(send(client.async_put("/").file(photo).body("x"))).text() == "");
    CHECK(client.run(send(client.async_put("/").body("x").file(photo))).text() == listed);
    CHECK_THROWS_AS(client.post("/", {.files = {photo}, .body = "x"}), std::invalid_argument);
    CHECK_THROWS_AS(client.post("/", {.files = {{"a\1", "x"}}}), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: a body is bytes") {
    const std::string bytes("a\0b\r\n", 5);
    CHECK(seen(client.post("/", {.body = bytes})) ==
          "POST /\ncontent-type: application/octet-stream\ncontent-length: 5\n\n|" + bytes);
    CHECK(seen(client.del("/", {.body = ""})) ==
          "DELETE /\ncontent-type: application/octet-stream\ncontent-length: 0\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: a content-type of its own replaces the one implied") {
    CHECK(seen(client.post("/", {.headers = {{"Content-Type", "text/x"}}, .body = "b"})) ==
          "POST /\nContent-Type: text/x\ncontent-length: 1\n\n|b");
    CHECK(seen(client.post("/", {.headers = {{"content-type", "application/vnd.x+json"}}, .json = Json(1)})) ==
          "POST /\ncontent-type: application/vnd.x+json\ncontent-length: 1\n\n|1");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: chunks arrive one by one, empty ones not at all") {
    CHECK(seen(client.post("/", {.chunks = {"ab", "", "c"}})) ==
          "POST /\ncontent-type: application/octet-stream\ntransfer-encoding: chunked\n\n|ab|c");
    CHECK(seen(client.post("/", {.chunks = {""}})) ==
          "POST /\ncontent-type: application/octet-stream\ntransfer-encoding: chunked\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: two bodies at once are refused") {
    CHECK_THROWS_AS(client.post("/", {.json = Json(1), .body = "x"}), std::invalid_argument);
    CHECK_THROWS_AS(client.post("/", {.form = {{"a", 1}}, .chunks = {"x"}}), std::invalid_argument);
    CHECK_THROWS_AS(client.post("/", {.json = Json(1), .form = {{"a", 1}}}), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: cookies are quoted where they must be") {
    CHECK(seen(client.get("/", {.cookies = {{"a", "1"}, {"b", "x y;"}, {"n", 7}}})) ==
          "GET /\ncookie: a=1; b=\"x y\\073\"; n=7\n\n");
    CHECK_THROWS_AS(client.get("/", {.cookies = {{"a b", "1"}}}), std::invalid_argument);
    CHECK_THROWS_AS(client.get("/", {.cookies = {{"a", "1\n"}}}), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: its cookies go before those of the jar") {
    client.set_cookie({.name = "a", .value = "jar"});
    client.set_cookie({.name = "b", .value = "jar"});
    CHECK(seen(client.get("/", {.cookies = {{"a", "own"}}})) == "GET /\ncookie: b=jar; a=own\n\n");
    CHECK(seen(client.get("/")) == "GET /\ncookie: a=jar; b=jar\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: a cookie field of its own stands for the jar") {
    client.set_cookie({.name = "jar", .value = "1"});
    CHECK(seen(client.get("/", {.headers = {{"Cookie", "x=1;y=2"}}})) == "GET /\ncookie: x=1; y=2\n\n");
    CHECK(seen(client.get("/", {.headers = {{"cookie", "x=1; y=2"}}, .cookies = {{"y", "3"}}})) ==
          "GET /\ncookie: x=1; y=3\n\n");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: the builder says the same in the client's words") {
    const Json json{{"a", 1}};
    CHECK(seen(client.run(send(client.async_get("/x").query("q", "a b").query("n", 5).header("h", "v")))) ==
          "GET /x?q=a+b&n=5\nh: v\n\n");
    CHECK(seen(client.run(send(client.async_post("/").json(json).cookie("c", "1")))) ==
          "POST /\ncookie: c=1\ncontent-type: application/json\ncontent-length: 7\n\n|{\"a\":1}");
    CHECK(seen(client.run(send(client.async_put("/").form("a", "1 2").form("b", 3)))) ==
          "PUT /\ncontent-type: application/x-www-form-urlencoded\ncontent-length: 9\n\n|a=1+2&b=3");
    CHECK(seen(client.run(send(client.async_patch("/").body("b", "text/plain")))) ==
          "PATCH /\ncontent-type: text/plain\ncontent-length: 1\n\n|b");
    CHECK(seen(client.run(send(client.async_del("/").chunk("a").chunk("b")))) ==
          "DELETE /\ncontent-type: application/octet-stream\ntransfer-encoding: chunked\n\n|a|b");
    CHECK(seen(client.run(send(client.async_options("/")))) == "OPTIONS /\n\n");
    CHECK(client.run(send(client.async_head("/"))).text().empty());
  }

  TEST_CASE_FIXTURE(Fixture, "test request: the body that the builder is given last counts") {
    CHECK(seen(client.run(send(client.async_post("/").form("a", 1).body("b")))) ==
          "POST /\ncontent-type: application/octet-stream\ncontent-length: 1\n\n|b");
    CHECK(seen(client.run(send(client.async_post("/").body("b").form("a", 1)))) ==
          "POST /\ncontent-type: application/x-www-form-urlencoded\ncontent-length: 3\n\n|a=1");
    CHECK(seen(client.run(send(client.async_post("/").form("a", 1).chunk("c")))) ==
          "POST /\ncontent-type: application/octet-stream\ntransfer-encoding: chunked\n\n|c");
    CHECK(seen(client.run(send(client.async_post("/").chunk("c").body("b")))) ==
          "POST /\ncontent-type: application/octet-stream\ncontent-length: 1\n\n|b");
  }

  TEST_CASE_FIXTURE(Fixture, "test request: the builder refuses what can't be sent at once") {
    CHECK_THROWS_AS((void)client.async_get("/").header("a b", "1"), std::invalid_argument);
    CHECK_THROWS_AS((void)client.async_get("/").header("a", "1\r\nb: 2"), std::invalid_argument);
    CHECK_THROWS_AS((void)client.async_get("/").header("content-length", "1"), std::invalid_argument);
    CHECK_THROWS_AS((void)client.async_get("/").cookie("a=b", "1"), std::invalid_argument);
    CHECK_THROWS_AS((void)client.async_get("/").body("x", "text\n"), std::invalid_argument);
    CHECK_THROWS_AS((void)client.async_request("CONNECT", "/"), std::invalid_argument);
  }

  TEST_CASE_FIXTURE(Fixture, "test request: a builder sends once") {
    TestRequestBuilder builder = client.async_get("/");
    CHECK(client.run(builder.send()).status_code() == 200);
    CHECK_THROWS_AS((void)builder.send(), RuntimeError);
    CHECK_THROWS_AS((void)builder.query("q", 1), RuntimeError);
  }
}

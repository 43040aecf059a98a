// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/json.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

Async<Response> read_body(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::to_string(body.size()));
}

/// The message of the exception, or that there was none.
template <class E, class F>
std::string text_of(const F& function) {
  try {
    function();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_SUITE("testing") {
  TEST_CASE("test client: a response has what the handler said, in httpx's words and the client's") {
    App app;
    app.get("/items/{item_id}", [](Request& request) {
      Response response =
          json(Json{{"id", request.path_param<int>("item_id")}, {"q", std::string(request.query("q").value())}});
      response.headers.set("X-Seen", "yes");
      return response;
    });
    TestClient client(std::move(app));
    const TestResponse response = client.get("/items/5?q=x");
    CHECK(response.status_code() == 200);
    CHECK(response.status() == Status::Ok);
    CHECK(response.is_success());
    CHECK(response.ok());
    CHECK(response.text() == R"({"id":5,"q":"x"})");
    CHECK(response.content() == response.text());
    CHECK(response.json() == Json{{"id", 5}, {"q", "x"}});
    CHECK(response.headers().get("content-type") == "application/json");
    CHECK(response.header("content-length") == "16");
    CHECK(response.header("x-seen") == "yes");
    CHECK(response.method() == "GET");
    CHECK(response.url().to_string() == "http://testserver/items/5?q=x");
    CHECK(response.history().empty());
    CHECK(response.elapsed() == 0s);
    CHECK(response.raise_for_status().status_code() == 200);
  }

  TEST_CASE("test client: status classes are told apart, raise_for_status throws from 400 on") {
    TestClient client([](Request& request) {
      return Async<Response>::ready(Response(Status(std::stoi(std::string(request.query_string())))));
    });
    for (const int status : {199, 200, 299, 300, 399, 400, 499, 500, 599}) {
      const TestResponse response = client.get("/?" + std::to_string(status));
      CHECK(response.status_code() == status);
      CHECK(response.is_success() == (status >= 200 && status < 300));
      if (status < 400) {
        CHECK(response.raise_for_status().status_code() == status);
      } else {
        CHECK_THROWS_AS(response.raise_for_status(), HttpStatusError);
      }
    }
    CHECK(text_of<HttpStatusError>([&] { client.get("/?404").raise_for_status(); }) ==
          "GET http://testserver/: status 404 Not Found");
  }

  TEST_CASE("test client: the handler sees a request as from a server") {
    TestClient client([](Request& request) {
      std::string seen = std::string(request.scheme()) + " " + std::to_string(request.version()) + " " +
                         request.client().host + ":" + std::to_string(request.client().port) + "\n";
      for (const HeaderField field : request.headers())
        seen.append(field.name).append("=").append(field.value).append("\n");
      return Async<Response>::ready(text(seen));
    });
    CHECK(client.get("/").text() == "http 11 testclient:50000\nhost=testserver\naccept=*/*\nuser-agent=testclient\n");
  }

  TEST_CASE("test client: the base URL gives scheme, host, port and the beginning of the path") {
    TestClientOptions options;
    options.base_url = "https://Shop.example.org:8443/api/";
    options.client = {"10.0.0.1", 7};
    TestClient client(
        [](Request& request) {
          return Async<Response>::ready(text(std::string(request.scheme()) + " " + std::string(request.host()) + " " +
                                             std::string(request.target()) + " " + request.client().host));
        },
        std::move(options));
    CHECK(client.get("/x?q").text() == "https shop.example.org:8443 /api/x?q 10.0.0.1");
    CHECK(client.get("").text() == "https shop.example.org:8443 /api 10.0.0.1");
  }

  TEST_CASE("test client: a base URL or headers that can't be used are refused") {
    for (const char* const url : {"", "testserver", "ftp://h", "http://h/?q", "http://h h"}) {
      TestClientOptions options;
      options.base_url = url;
      CHECK_THROWS_AS(TestClient(&read_body, std::move(options)), std::invalid_argument);
    }
    CHECK_THROWS_AS(TestClient(&read_body, {.headers = {{"content-length", "1"}}}), std::invalid_argument);
    CHECK_THROWS_AS(TestClient(&read_body, {.user_agent = "a\nb"}), std::invalid_argument);
  }

  TEST_CASE("test client: default headers can be changed between requests") {
    TestClient client([](Request& request) {
      return Async<Response>::ready(text(std::string(request.header("x-token").value_or("none"))));
    });
    CHECK(client.get("/").text() == "none");
    client.headers().set("X-Token", "fake");
    CHECK(client.get("/").text() == "fake");
    client.headers().remove("x-token");
    CHECK(client.get("/").text() == "none");
  }

  TEST_CASE("test client: HEAD has the fields of the answer and no body") {
    TestClient client([](Request&) { return Async<Response>::ready(text("hello")); });
    const TestResponse response = client.head("/");
    CHECK(response.content().empty());
    CHECK(response.header("content-length") == "5");
    CHECK(response.header("content-type") == "text/plain; charset=utf-8");
  }

  TEST_CASE("test client: 204, 205 and 304 have no body whatever the handler says") {
    TestClient client([](Request& request) {
      return Async<Response>::ready(text("hello", Status(std::stoi(std::string(request.query_string())))));
    });
    for (const char* const status : {"204", "205", "304"}) {
      const TestResponse response = client.get(std::string("/?") + status);
      CHECK(response.content().empty());
      CHECK_FALSE(response.header("content-type"));
      CHECK(response.header("content-length").value_or("none") == (status == std::string("205") ? "0" : "none"));
    }
  }

  TEST_CASE("test client: framing is not the handler's, names come in lower case") {
    TestClient client([](Request&) {
      Response response("abc", "text/x");
      for (const char* const name : {"Content-Length", "Transfer-Encoding", "Connection", "Date"})
        response.headers.set(name, "77");
      response.headers.add("X-A", "1");
      response.headers.add("x-a", "2");
      return Async<Response>::ready(std::move(response));
    });
    std::string fields;
    const TestResponse response = client.get("/");
    for (const HeaderField field : response.headers())
      fields.append(field.name).append("=").append(field.value).append(" ");
    CHECK(fields == "content-length=3 content-type=text/x x-a=1 x-a=2 ");
  }

  // --- cookies ---

  TEST_CASE("test client: cookies are kept and sent back, until they expire or are deleted") {
    App app;
    app.post("/login", [](Request&) {
      SetCookie cookie;
      cookie.name = "session";
      cookie.value = "abc";
      cookie.max_age = 3600s;
      Response response = text("in");
      response.set_cookie(cookie);
      return response;
    });
    app.post("/logout", [](Request&) {
      SetCookie cookie;
      cookie.name = "session";
      cookie.max_age = 0s;
      Response response = text("out");
      response.set_cookie(cookie);
      return response;
    });
    app.get("/who", [](Request& request) { return std::string(request.cookie("session").value_or("nobody")); });
    TestClient client(std::move(app));
    CHECK(client.get("/who").json() == "nobody");
    client.post("/login");
    CHECK(client.get("/who").json() == "abc");
    CHECK(client.cookies().get("session") == "abc");
    client.advance(3600s - 1ns);
    CHECK(client.get("/who").json() == "abc");
    client.advance(1ns);
    CHECK(client.get("/who").json() == "nobody");
    client.post("/login");
    client.post("/logout");
    CHECK(client.get("/who").json() == "nobody");
    CHECK(client.cookies().empty());
  }

  TEST_CASE("test client: cookies can be set by the test, for the base URL's host") {
    TestClient client([](Request& request) {
      return Async<Response>::ready(text(std::string(request.header("cookie").value_or("none"))));
    });
    client.set_cookie({.name = "a", .value = "x y"});
    client.set_cookie({.name = "s", .value = "1", .secure = true});
    CHECK(client.get("/").text() == "a=\"x y\"");
    CHECK(client.get("https://testserver/").text() == "a=\"x y\"; s=1");
    CHECK(client.get("http://other/").text() == "none");
    CHECK_THROWS_AS(client.set_cookie({.name = "a b"}), std::invalid_argument);
  }

  TEST_CASE("test client: a cookie with an error is kept too") {
    TestClient client([](Request&) -> Async<Response> {
      throw HttpException(Status::Unauthorized, "who?", {{"set-cookie", "seen=1"}});
    });
    client.get("/");
    CHECK(client.cookies().get("seen") == "1");
  }

  TEST_CASE("test client: what it is given outlives the call") {
    TestClient client(&read_body);
    std::string url = "/x";
    TestRequestBuilder builder = client.async_post(url);
    {
      std::string name = "x-a";
      std::string bytes = "abc";
      builder.header(name, bytes).query(name, bytes).cookie("c", bytes).body(std::move(bytes), std::string("a/b"));
      url = name = std::string(100, '?');
    }
    const TestResponse response = client.run(builder.send());
    CHECK(response.text() == "3");
    CHECK(response.url().target() == "/x?x-a=abc");
  }
}

// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

std::string field_of(Request& request, std::string_view name) {
  return std::string(request.header(name).value_or("-"));
}

/// "/to?303,URL" redirects to URL; "/count/3" goes down to "/count/0"; anything else tells what came.
Async<Response> wander(Request& request) {
  const std::string_view query = request.query_string();
  if (request.path() == "/to") {
    Response response(Status(std::stoi(std::string(query.substr(0, 3)))));
    response.headers.set("location", query.substr(4));
    co_return response;
  }
  if (request.path().starts_with("/count/") && request.path() != "/count/0") {
    const int left = std::stoi(std::string(request.path().substr(7)));
    co_return redirect("/count/" + std::to_string(left - 1));
  }
  const std::string_view body = co_await request.body();
  co_return text(std::string(request.method_name()) + " " + std::string(request.host()) +
                 std::string(request.target()) + " " + field_of(request, "content-type") + " " + std::string(body));
}

Response with_location(Status status, std::string_view location) {
  Response response(status);
  response.headers.set("location", location);
  return response;
}

/// Goes on to `next` from "/", and tells the credentials it gets anywhere else.
Handler bouncer(std::string next) {
  return [next](Request& request) {
    if (request.path() == "/") return Async<Response>::ready(with_location(307, next));
    return Async<Response>::ready(text(field_of(request, "host") + " " + field_of(request, "authorization") + " " +
                                       field_of(request, "cookie") + " " + field_of(request, "x-other")));
  };
}

std::string credentials_after(const char* base, std::string next) {
  TestClientOptions options;
  options.base_url = base;
  TestClient client(bouncer(std::move(next)), std::move(options));
  client.set_cookie({.name = "jar", .value = "1"});
  return client.get("/", {.headers = {{"authorization", "Basic x"}, {"x-other", "y"}}, .cookies = {{"own", "1"}}})
      .text();
}

}  // namespace

TEST_SUITE("testing") {
  TEST_CASE("test client: redirects are followed, and kept as history") {
    TestClient client(&wander);
    const TestResponse response = client.get("/count/2");
    CHECK(response.status_code() == 200);
    CHECK(response.url().to_string() == "http://testserver/count/0");
    REQUIRE(response.history().size() == 2);
    CHECK(response.history()[0].url().target() == "/count/2");
    CHECK(response.history()[0].status_code() == 307);
    CHECK(response.history()[0].history().empty());
    CHECK(response.history()[1].header("location") == "/count/0");
    CHECK(response.history()[1].history().size() == 1);
  }

  TEST_CASE("test client: redirects are not followed when that is said, for all or for one") {
    TestClient client(&wander, {.follow_redirects = false});
    CHECK(client.get("/count/2").status_code() == 307);
    CHECK(client.get("/count/2", {.follow_redirects = true}).status_code() == 200);
    TestClient following(&wander);
    const TestResponse response = following.get("/count/2", {.follow_redirects = false});
    CHECK(response.status_code() == 307);
    CHECK(response.header("location") == "/count/1");
    CHECK(response.history().empty());
  }

  TEST_CASE("test client: as many redirects as allowed, one more is an error") {
    TestClient client(&wander);
    CHECK(client.get("/count/19").history().size() == 19);
    CHECK(client.get("/count/20").history().size() == 20);
    CHECK_THROWS_WITH_AS(client.get("/count/21"), "GET http://testserver/count/1: more than 20 redirects",
                         TooManyRedirects);
    TestClient strict(&wander, {.max_redirects = 0});
    CHECK(strict.get("/count/0").status_code() == 200);
    CHECK_THROWS_AS(strict.get("/count/1"), TooManyRedirects);
  }

  TEST_CASE("test client: which methods a redirect turns into GET, with what they sent") {
    TestClient client(&wander);
    const auto after = [&](const char* method, const char* status) {
      const TestRequestOptions sent{.headers = {{"content-type", "a/b"}, {"content-language", "de"}}, .body = "x"};
      return client.request(method, std::string("/to?") + status + ",/end", sent).text();
    };
    const std::string by_get = "GET testserver/end - ";
    for (const char* const status : {"301", "302", "303"})
      CHECK(after("POST", status) == by_get);
    for (const char* const status : {"307", "308"})
      CHECK(after("POST", status) == "POST testserver/end a/b x");
    CHECK(after("PUT", "301") == "PUT testserver/end a/b x");
    CHECK(after("PUT", "302") == by_get);
    CHECK(after("DELETE", "303") == by_get);
    CHECK(after("DELETE", "308") == "DELETE testserver/end a/b x");
    CHECK(after("GET", "302") == by_get);
  }

  TEST_CASE("test client: HEAD stays HEAD") {
    TestClient client(&wander);
    for (const char* const status : {"301", "302", "303", "307", "308"}) {
      const TestResponse response = client.head(std::string("/to?") + status + ",/end");
      CHECK(response.method() == "HEAD");
      CHECK(response.history().size() == 1);
    }
  }

  TEST_CASE("test client: chunks are sent again in chunks") {
    TestClient client(&wander);
    CHECK(client.post("/to?307,/end", {.chunks = {"a", "b"}}).text() ==
          "POST testserver/end application/octet-stream ab");
  }

  TEST_CASE("test client: other statuses and a missing location end the journey") {
    TestClient client(&wander);
    for (const char* const status : {"200", "201", "300", "304", "305", "400"})
      CHECK(client.get(std::string("/to?") + status + ",/end").history().empty());
    TestClient lost([](Request&) { return Async<Response>::ready(Response(Status::Found)); });
    CHECK(lost.get("/").status_code() == 302);
  }

  TEST_CASE("test client: a location is relative to what was asked") {
    TestClient client([](Request& request) {
      const auto location = request.query("to");
      return Async<Response>::ready(location ? with_location(302, *location) : text(std::string(request.target())));
    });
    const auto reached = [&](const char* url, const char* to) {
      return client.get(url, {.query = {{"to", to}}}).text();
    };
    CHECK(reached("/a/b", "c") == "/a/c");
    CHECK(reached("/a/b/", "../c?x=1") == "/a/c?x=1");
    CHECK(reached("/a", "/b#part") == "/b");
    CHECK(reached("/a", "//testserver/b") == "/b");
    CHECK(reached("/a", "/b c/\xc3\xa4") == "/b%20c/%C3%A4");
  }

  TEST_CASE("test client: a location that is no URL is the application's error") {
    TestClient client(&wander);
    for (const char* const location : {"ftp://h/", "http://", "http://h:99999/", "//a_b!/"})
      CHECK_THROWS_AS(client.get(std::string("/to?302,") + location), ProtocolError);
  }

  TEST_CASE("test client: on the same origin everything goes along") {
    CHECK(credentials_after("http://testserver", "/end") == "testserver Basic x jar=1; own=1 y");
    CHECK(credentials_after("http://testserver", "http://testserver:80/end") == "testserver Basic x jar=1; own=1 y");
  }

  TEST_CASE("test client: no credentials go to another host, port or scheme") {
    CHECK(credentials_after("http://testserver", "http://evil/end") == "evil - - y");
    CHECK(credentials_after("http://testserver", "http://x.testserver/end") == "x.testserver - - y");
    CHECK(credentials_after("http://testserver", "http://testserver:81/end") == "testserver:81 - jar=1 y");
    CHECK(credentials_after("https://testserver", "http://testserver/end") == "testserver - jar=1 y");
    CHECK(credentials_after("http://testserver:81", "https://testserver/end") == "testserver - jar=1 y");
  }

  TEST_CASE("test client: from http to https of one host they go along") {
    CHECK(credentials_after("http://testserver", "https://testserver/end") == "testserver Basic x jar=1; own=1 y");
  }

  TEST_CASE("test client: a host field of its own ends at the origin") {
    TestClient client(bouncer("http://other/end"));
    CHECK(client.get("/", {.headers = {{"host", "mine"}}}).text() == "other - - -");
    TestClient same(bouncer("/end"));
    CHECK(same.get("/", {.headers = {{"host", "mine"}}}).text() == "mine - - -");
  }

  TEST_CASE("test client: what a redirect sets is sent at once, and goes before the request's own") {
    TestClient client([](Request& request) {
      if (request.path() != "/") return Async<Response>::ready(text(field_of(request, "cookie")));
      Response response = redirect("/end", Status::SeeOther);
      response.set_cookie({.name = "a", .value = "new"});
      response.set_cookie({.name = "b", .value = "new"});
      return Async<Response>::ready(std::move(response));
    });
    CHECK(client.post("/", {.cookies = {{"a", "own"}, {"c", "own"}}}).text() == "a=new; b=new; c=own");
  }

  TEST_CASE("test client: the redirect of a missing slash keeps method, body and query") {
    App app;
    app.post("/items/", [](Request& request) -> Async<std::string> {
      const std::string_view body = co_await request.body();
      co_return std::string(request.target()) + " " + std::string(body);
    });
    TestClient client(std::move(app));
    CHECK(client.post("/items?a=1", {.body = "x"}).json() == "/items/?a=1 x");
  }

  TEST_CASE("test client: elapsed is that of the last answer") {
    TestClient client([](Request& request) -> Async<Response> {
      const bool first = request.path() == "/";
      co_await sleep(first ? Clock::duration(2s) : Clock::duration(3s));
      if (first) co_return redirect("/end");
      co_return Response();
    });
    const TestResponse response = client.get("/");
    CHECK(response.elapsed() == 3s);
    CHECK(response.history().at(0).elapsed() == 2s);
  }
}

// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_certificates.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// `/to/CODE?location` redirects there; anything else answers with what was asked.
Async<Response> redirecting(Request& request) {
  const std::string body(co_await request.body());
  const std::string_view path = request.path();
  if (!path.starts_with("/to/")) {
    const auto field = [&](std::string_view name) { return std::string(request.headers().get(name).value_or("-")); };
    co_return text(std::string(request.method_name()) + ' ' + std::string(request.target()) + " body=" + body +
                   " type=" + field("content-type") + " auth=" + field("authorization") + " cookie=" + field("cookie") +
                   " x=" + field("x-mine"));
  }
  Response response(Status(std::stoi(std::string(path.substr(4)))));
  response.headers.set("location", request.query("location").value_or(""));
  co_return response;
}

std::string url_of(const TestServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

/// The answer at the end of `request`, or the class of the error.
std::string outcome(RequestBuilder request) {
  std::string result;
  run([](RequestBuilder sent, std::string& to) -> Async<void> { to = co_await outcome_of(std::move(sent)); }(
                                                   std::move(request), result));
  return result;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: a redirect is followed to an absolute or a relative place") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  for (const std::string& location : {std::string("/a/b"), std::string("../a/b"), url_of(server)}) {
    CAPTURE(location);
    const std::string got = outcome(client.get("/to/302").query("location", location));
    CHECK(got.starts_with(location.starts_with("http") ? "200 GET / " : "200 GET /a/b "));
  }
}

TEST_CASE("client: a fragment in a redirect stays here") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  CHECK(outcome(client.get("/to/302").query("location", "/a#b")).starts_with("200 GET /a "));
}

TEST_CASE("client: 307 and 308 keep method and body, the others make a POST a GET") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  for (const int code : {301, 302, 303, 307, 308}) {
    CAPTURE(code);
    const std::string path = "/to/" + std::to_string(code);
    const std::string got = outcome(client.post(path).query("location", "/a").body("text", "text/plain"));
    CHECK(got.starts_with(code < 307 ? "200 GET /a body= type=- " : "200 POST /a body=text type=text/plain "));
  }
}

TEST_CASE("client: 303 makes everything but HEAD a GET, 301 and 302 only POST") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  CHECK(outcome(client.put("/to/303").query("location", "/a").body("x")).starts_with("200 GET /a body= "));
  CHECK(outcome(client.put("/to/302").query("location", "/a").body("x")).starts_with("200 PUT /a body=x "));
  CHECK(outcome(client.del("/to/301").query("location", "/a")).starts_with("200 DELETE /a "));
  CHECK(outcome(client.head("/to/303").query("location", "/a")) == "200 ");
}

TEST_CASE("client: other statuses of the 300s, and those without a location, are answers") {
  TestServer server(
      [](Request& request) -> Async<Response> { co_return Response(Status(request.path() == "/304" ? 304 : 302)); });
  const Client client{{.base_url = url_of(server)}};
  CHECK(outcome(client.get("/304")) == "304 ");
  CHECK(outcome(client.get("/302")) == "302 ");
}

TEST_CASE("client: credentials stay with the host, port and scheme that they were given for") {
  TestServer first(redirecting);
  TestServer second(redirecting);
  const Client client{{.base_url = url_of(first), .headers = {{"authorization", "secret"}}}};
  const auto ask = [&](const std::string& location) {
    return outcome(client.get("/to/307").query("location", location).header("cookie", "a=b").header("x-mine", "y"));
  };
  CHECK(ask("/a") == "200 GET /a body= type=- auth=secret cookie=a=b x=y");
  CHECK(ask(url_of(second) + "/a") == "200 GET /a body= type=- auth=- cookie=- x=y");
  CHECK(ask("http://localhost:" + std::to_string(first.port()) + "/a") ==
        "200 GET /a body= type=- auth=- cookie=- x=y");
}

TEST_CASE("client: as many redirects as allowed are followed, and no more") {
  RawServer server([](RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      const int left = std::stoi(request.substr(5));  // "GET /N HTTP/1.1"
      connection.send(left == 0 ? "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
                                : "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /" + std::to_string(left - 1) +
                                      "\r\n\r\n");
    }
  });
  const Client client{{.base_url = server.url()}};
  CHECK(outcome(client.get("/4")) == "200 ");
  CHECK(outcome(client.get("/5")) == "200 ");
  CHECK(outcome(client.get("/6")) == "TooManyRedirects");
  CHECK(outcome(client.get("/1").max_redirects(1)) == "200 ");
  CHECK(outcome(client.get("/2").max_redirects(1)) == "TooManyRedirects");
  CHECK(outcome(client.get("/1").max_redirects(0)) == "302 ");
  CHECK(server.accepted() == 6);  // one for each request, kept along the way
}

TEST_CASE("client: the total limit holds for all redirects together") {
  RawServer server([](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      std::this_thread::sleep_for(60ms);
      connection.send("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /\r\n\r\n");
    }
  });
  const Client client{{.base_url = server.url(), .timeout = {.total = 150ms}}};
  CHECK(outcome(client.get("/")) == "TotalTimeout");
}

TEST_CASE("client: a redirect that leads nowhere is an error that says why") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  for (const std::string location : {"ftp://h/", "http://", "http://user@h/", "/a b", "mailto:x@y"}) {
    CAPTURE(location);
    CHECK(outcome(client.get("/to/302").query("location", location)) == "RedirectError");
  }
}

TEST_CASE("client: a generated body can't follow a redirect that wants it again") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  const auto once = []() -> AsyncGenerator<std::string> { co_yield "x"; };
  CHECK(outcome(client.post("/to/307").query("location", "/a").body(once())) == "RedirectError");
  CHECK(outcome(client.post("/to/303").query("location", "/a").body(once())).starts_with("200 GET /a body= "));
}

TEST_CASE("client: no redirect leads from https to http") {
  TestAuthority authority;
  const detail::TlsContext context(TlsServerOptions{.identity = authority.issue()});
  TestServer plain(redirecting);
  RawServer server([&](RawConnection& connection) {
    if (!connection.accept_tls(context)) return;
    connection.read_request();
    connection.send("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: " + url_of(plain) + "/\r\n\r\n");
    connection.wait_for_close();
  });
  ClientOptions options;
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  const Client client(options);
  CHECK(outcome(client.get("https://localhost:" + std::to_string(server.port()))) == "RedirectError");
}

TEST_CASE("client: a stream follows redirects too") {
  TestServer server(redirecting);
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    ClientStream stream = co_await http.get("/to/302").query("location", "/a").stream();
    const std::string body = co_await stream.read();
    CHECK(body.starts_with("GET /a "));
    CHECK(stream.url().target() == "/a");
  }(client));
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
// Requests that a proxy forwards.
#include <doctest/doctest.h>

#include <string>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/environment.hpp"
#include "support/test_proxy.hpp"

using namespace coroute;
using namespace coroute::test;
using coroute::testing::EnvironmentVariable;
using namespace std::chrono_literals;

namespace {

std::string get(const Client& client, const std::string& url) {
  std::string outcome;
  run([](const Client& http, const std::string& from, std::string& to) -> Async<void> {
    to = co_await outcome_of(http.get(from));
  }(client, url, outcome));
  return outcome;
}

std::string ok_with(const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: an http URL is asked for at the proxy, whole and with its credentials, on a kept connection") {
  const TestProxy proxy;
  const Client client{{.user_agent = "", .decompress = false, .proxy = proxy.url("me:secret@")}};
  run([](const Client& http) -> Async<void> {
    for (int i = 0; i < 2; ++i) {
      const std::string outcome = co_await outcome_of(http.get("http://shop.invalid:81/a?b=1").header("accept", "x/y"));
      CHECK(outcome == "200 forwarded");
    }
  }(client));
  REQUIRE(proxy.seen().size() == 2);
  CHECK(proxy.accepted() == 1);
  CHECK(proxy.seen()[0] ==
        "GET http://shop.invalid:81/a?b=1 HTTP/1.1\r\nhost: shop.invalid:81\r\naccept: x/y\r\n"
        "proxy-authorization: Basic bWU6c2VjcmV0\r\n\r\n");
}

TEST_CASE("client: 407 is a ProxyError that names the proxy and no secret; any other status is an answer") {
  const TestProxy proxy("", "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 2\r\n\r\nno");
  const Client client{{.proxy = proxy.url("me:secret@")}};
  std::string what;
  std::optional<Status> status;
  run([](const Client& http, std::string& text, std::optional<Status>& code) -> Async<void> {
    try {
      co_await http.get("http://shop.invalid/a?b=1");
    } catch (const ProxyError& error) {
      text = error.what();
      code = error.status();
    }
  }(client, what, status));
  const std::string name = "127.0.0.1:" + std::to_string(proxy.port());
  CHECK(what == "GET http://shop.invalid/a: the proxy " + name + ": 407 Proxy Authentication Required");
  CHECK(status == Status::ProxyAuthenticationRequired);
  CHECK(proxy.seen().size() == 1);
  const TestProxy failing("", "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno");
  CHECK(get(Client({.proxy = failing.url()}), "http://shop.invalid/") == "502 no");
}

TEST_CASE("client: 407 from a host that is asked without a proxy is an answer") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 407 x\r\ncontent-length: 2\r\n\r\nno");
  });
  CHECK(get(Client(), server.url()) == "407 no");
}

TEST_CASE("client: a proxy that isn't there is a ConnectError that says so") {
  const int listener = RawServer::listen_on_loopback(1);
  const std::string address = "127.0.0.1:" + std::to_string(RawServer::port_of(listener));
  close(listener);
  const Client client{{.proxy = "http://" + address}};
  run([](const Client& http, std::string place) -> Async<void> {
    std::string what;
    try {
      co_await http.get("http://shop.invalid/");
    } catch (const ConnectError& error) {
      what = error.what();
    }
    CHECK(what == "GET http://shop.invalid/: cannot connect to the proxy " + place + ": Connection refused");
    what.clear();
    try {
      const Client unknown{{.proxy = "http://no-such-proxy.invalid:1"}};
      co_await unknown.get("http://shop.invalid/");
    } catch (const DnsError& error) {
      what = error.what();
    }
    CHECK(what.starts_with("GET http://shop.invalid/: cannot resolve the proxy 'no-such-proxy.invalid': "));
  }(client, address));
}

TEST_CASE("client: the environment's proxy is used unless NO_PROXY names the host, or it isn't trusted") {
  const TestProxy proxy;
  const EnvironmentVariable http("http_proxy", proxy.url());
  const EnvironmentVariable none("no_proxy", "direct.invalid");
  const Client client;
  const Client distrustful{{.trust_env = false}};
  CHECK(get(client, "http://shop.invalid/") == "200 forwarded");
  CHECK(get(client, "http://direct.invalid/") == "DnsError");
  CHECK(get(distrustful, "http://shop.invalid/") == "DnsError");
}

TEST_CASE("client: an environment that can't be used is said when the client is made") {
  const EnvironmentVariable http("http_proxy", "socks5://me:secret@proxy:1080");
  CHECK_THROWS_WITH_AS(Client(),
                       "the environment variable http_proxy: the scheme of a proxy must be http, not 'socks5'",
                       std::invalid_argument);
  CHECK_NOTHROW(Client({.trust_env = false}));
}

TEST_CASE("client: after a redirect it is decided anew whether there is a proxy") {
  RawServer direct([](RawConnection& connection) {
    const std::string request = connection.read_request();
    connection.send(ok_with(request.substr(0, request.find("\r\n"))));
  });
  const TestProxy proxy("", "HTTP/1.1 302 Found\r\nlocation: " + direct.url() + "/there\r\ncontent-length: 0\r\n\r\n");
  const EnvironmentVariable http("http_proxy", proxy.url("me:secret@"));
  CHECK(get(Client(), "http://shop.invalid/") == "200 GET /there HTTP/1.1");
  CHECK(proxy.seen().size() == 1);
}

TEST_CASE("client: connections to one host through different proxies are kept apart") {
  const TestProxy proxy;
  RawServer direct([](RawConnection& connection) {
    while (!connection.read_request().empty())
      connection.send(ok_with("direct"));
  });
  // One loop, so that one pool: the second client has the first one's URL and another way to it.
  const Client through{{.proxy = proxy.url()}};
  const Client also_through{{.proxy = proxy.url("me:secret@")}};
  const Client straight;
  run([](const Client& a, const Client& b, const Client& c, std::string url) -> Async<void> {
    const std::string first = co_await outcome_of(a.get(url));
    const std::string second = co_await outcome_of(b.get(url));
    const std::string third = co_await outcome_of(c.get(url));
    CHECK(first == "200 forwarded");
    CHECK(second == "200 forwarded");
    CHECK(third == "200 direct");
  }(through, also_through, straight, direct.url()));
  CHECK(proxy.accepted() == 2);
}

TEST_SUITE_END();

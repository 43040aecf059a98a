// SPDX-License-Identifier: BSL-1.0
// https through a proxy's tunnel.
#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/test_certificates.hpp"
#include "support/test_proxy.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// A host with TLS that notes what it is asked.
class Host {
 public:
  explicit Host(TestAuthority& authority)
      : authority_(&authority),
        context_({.identity = authority.issue()}),
        server_([this](RawConnection& connection) { serve(connection); }) {}

  std::string url(const std::string& host = "localhost") const {
    return "https://" + host + ':' + std::to_string(server_.port()) + "/secret?token=1";
  }
  ClientOptions options_for(const TestProxy& proxy, const std::string& user_info = "") const {
    ClientOptions options{.proxy = proxy.url(user_info)};
    options.tls = {.system_roots = false, .ca_files = {authority_->file()}};
    return options;
  }
  std::uint16_t port() const { return server_.port(); }
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve(RawConnection& connection) {
    if (!connection.accept_tls(context_)) return;
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
      connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    }
  }

  const TestAuthority* authority_;
  detail::TlsContext context_;
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  RawServer server_;
};

std::string get(const ClientOptions& options, const std::string& url) {
  std::string outcome;
  run([](Client http, const std::string& from, std::string& to) -> Async<void> {
    to = co_await outcome_of(http.get(from));
  }(Client(options), url, outcome));
  return outcome;
}

/// What a ProxyError says behind the name of the proxy, and its status.
std::string failure_of(const std::string& tunnel_answer, ClientLimits limits = {}) {
  TestAuthority authority;
  const Host host(authority);
  const TestProxy proxy(tunnel_answer);
  ClientOptions options = host.options_for(proxy);
  options.limits = limits;
  std::string failure;
  run([](Client http, std::string url, std::string& to) -> Async<void> {
    try {
      co_await http.get(url);
    } catch (const ProxyError& error) {
      to = error.what();
      to.erase(0, to.find("the proxy "));
      to.erase(0, to.find(": ") + 2);
      to += error.status() ? " / " + std::to_string(error.status()->code()) : " / none";
    }
  }(Client(options), host.url(), failure));
  CHECK(host.seen().empty());
  return failure;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: https goes through one tunnel, of which the proxy sees the host and the host sees nothing") {
  TestAuthority authority;
  const Host host(authority);
  const TestProxy proxy;
  run([](Client http, std::string url) -> Async<void> {
    for (int i = 0; i < 2; ++i) {
      const std::string outcome = co_await outcome_of(http.get(url).bearer_auth("for-the-host"));
      CHECK(outcome == "200 ok");
    }
  }(Client(host.options_for(proxy, "me:secret@")), host.url()));
  REQUIRE(proxy.seen().size() == 1);
  const std::string place = "localhost:" + std::to_string(host.port());
  CHECK(proxy.seen()[0] ==
        "CONNECT " + place + " HTTP/1.1\r\nhost: " + place + "\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n\r\n");
  REQUIRE(host.seen().size() == 2);
  CHECK(host.seen()[0].starts_with("GET /secret?token=1 HTTP/1.1\r\nhost: " + place + "\r\n"));
  CHECK(host.seen()[0].find("authorization: Bearer for-the-host\r\n") != std::string::npos);
  CHECK(host.seen()[0].find("proxy-authorization") == std::string::npos);
}

TEST_CASE("client: a WebSocket goes through a tunnel without TLS, too") {
  App app;
  app.websocket("/echo", [](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    while (const auto message = co_await ws.receive_text())
      co_await ws.send_text(*message);
  });
  const TestServer server(std::move(app).handler());
  const TestProxy proxy;
  const std::string place = "localhost:" + std::to_string(server.port());
  run([](Client http, std::string url) -> Async<void> {
    WebSocket ws = co_await http.websocket(url);
    co_await ws.send_text("through the tunnel");
    const auto answer = co_await ws.receive_text();
    CHECK(answer == "through the tunnel");
    co_await ws.close();
  }(Client({.proxy = proxy.url("me:secret@")}), "ws://" + place + "/echo"));
  REQUIRE(proxy.seen().size() == 1);
  CHECK(proxy.seen()[0].starts_with("CONNECT " + place + " HTTP/1.1\r\n"));
}

TEST_CASE("client: 407 from a host behind a tunnel is its answer, not the proxy's") {
  App app;
  app.websocket("/ws", [](WebSocket&) -> Async<void> {
    throw HttpException(Status::ProxyAuthenticationRequired);
    co_return;
  });
  const TestServer server(std::move(app).handler());
  const TestProxy proxy;
  int status = 0;
  run([](Client http, std::string url, int& to) -> Async<void> {
    try {
      co_await http.websocket(url);
    } catch (const WebSocketHandshakeError& error) {
      to = error.status().code();
    }
  }(Client({.proxy = proxy.url()}), "ws://localhost:" + std::to_string(server.port()) + "/ws", status));
  CHECK(status == 407);
}

TEST_CASE("client: in a tunnel the certificate has to be that of the host") {
  TestAuthority authority;
  const Host host(authority);
  const TestProxy proxy;
  CHECK(get(host.options_for(proxy), host.url("example.com")) == "TlsError");
  CHECK(get({.proxy = proxy.url()}, host.url()) == "TlsError");
}

TEST_CASE("client: a tunnel that the proxy refuses is a ProxyError with its status") {
  CHECK(failure_of("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 5\r\n\r\nplease") ==
        "407 Proxy Authentication Required / 407");
  CHECK(failure_of("HTTP/1.1 403 No\r\n\r\n") == "403 Forbidden / 403");
  CHECK(failure_of("HTTP/1.1 302 Found\r\nlocation: https://evil.invalid/\r\n\r\n") == "302 Found / 302");
}

TEST_CASE("client: an answer to CONNECT that is none is a ProxyError without a status") {
  CHECK(failure_of("SSH-2.0-OpenSSH_9.2\r\n") == "the response is not HTTP/1.1 / none");
  CHECK(failure_of("") == "the connection was closed before the response was complete / none");
  CHECK(failure_of("HTTP/1.1 200 OK\r\nbad field\r\n\r\n") == "the response head is malformed / none");
  CHECK(failure_of("HTTP/1.1 200 OK\r\n\r\nhello") == "it sent something before anything was asked / none");
}

TEST_CASE("client: the head of the answer to CONNECT has the limits of every other") {
  ClientLimits limits;
  limits.max_response_head_bytes = 1000;
  const auto head_of = [](std::size_t bytes) {
    const std::string begin = "HTTP/1.1 403 No\r\nx: ";
    return begin + std::string(bytes - begin.size() - 4, 'y') + "\r\n\r\n";
  };
  CHECK(failure_of(head_of(999), limits) == "403 Forbidden / 403");
  CHECK(failure_of(head_of(1000), limits) == "403 Forbidden / 403");
  CHECK(failure_of(head_of(1001), limits) == "the response head is over the limit / none");
}

TEST_CASE("client: a proxy that can't reach the host is asked again, one that refuses isn't") {
  TestAuthority authority;
  const Host host(authority);
  const TestProxy unreachable("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  CHECK(get(host.options_for(unreachable), host.url()) == "ProxyError");
  CHECK(unreachable.seen().size() == 2);
  const TestProxy forbidden("HTTP/1.1 403 No\r\n\r\n");
  CHECK(get(host.options_for(forbidden), host.url()) == "ProxyError");
  CHECK(forbidden.seen().size() == 1);
}

TEST_CASE("client: a proxy that makes no tunnel in time ends in ConnectTimeout") {
  RawServer silent([](RawConnection& connection) { connection.wait_for_close(); });
  ClientOptions options{.timeout = {.connect = 100ms}, .proxy = silent.url()};
  run([](Client http, std::string proxy) -> Async<void> {
    std::string what;
    try {
      co_await http.get("https://host.invalid/");
    } catch (const ConnectTimeout& error) {
      what = error.what();
    }
    CHECK(what == "GET https://host.invalid/: no tunnel through the proxy " + proxy + " within 100 ms");
  }(Client(options), silent.url().substr(7)));
  CHECK(silent.accepted() == 2);
}

TEST_SUITE_END();

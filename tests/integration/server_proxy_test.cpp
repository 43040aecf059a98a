// SPDX-License-Identifier: BSL-1.0
// A server behind proxies.
#include <doctest/doctest.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/test_certificates.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

const std::string v1 = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
const std::string v2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\x00\x02\x07\xC6\x33\x64\x01\xDC\x04\x01\xBB"s;

Async<Response> describe(Request& request) {
  co_return text(std::string(request.scheme()) + " " + std::string(request.host()) + " " + request.client().host + " " +
                 std::to_string(request.client().port));
}

ServerOptions trusting(std::vector<std::string> peers) {
  ServerOptions options;
  options.trusted_proxies = std::move(peers);
  return options;
}

ServerOptions with_proxy_protocol(std::vector<std::string> peers = {"127.0.0.0/8"}) {
  ServerOptions options = trusting(std::move(peers));
  options.proxy_protocol = true;
  return options;
}

const std::string forwarded =
    "x-forwarded-for: 203.0.113.1\r\nx-forwarded-proto: https\r\nx-forwarded-host: shop.test\r\n";

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("proxy headers: a trusted proxy is believed about client and scheme, about the host only if wanted") {
    TestServer server(&describe, trusting({"127.0.0.1"}));
    CHECK(server.request(get("/", forwarded)).body == "https test 203.0.113.1 0");
    ServerOptions options = trusting({"127.0.0.1"});
    options.forwarded_host = true;
    TestServer careless(&describe, std::move(options));
    CHECK(careless.request(get("/", forwarded)).body == "https shop.test 203.0.113.1 0");
  }

  TEST_CASE("proxy headers: of anyone else they change nothing") {
    for (const auto& peers : {std::vector<std::string>{}, std::vector<std::string>{"10.0.0.0/8", "unix"}}) {
      ServerOptions options = trusting(peers);
      options.forwarded_host = true;
      TestServer server(&describe, std::move(options));
      CHECK(server.request(get("/", forwarded)).body.starts_with("http test 127.0.0.1 "));
    }
  }

  TEST_CASE("proxy headers: only the kind that is asked for is believed") {
    const std::string both = forwarded + "forwarded: for=198.51.100.9;proto=http;host=other.test\r\n";
    ServerOptions options = trusting({"*"});
    options.proxy_headers = ProxyHeaders::Forwarded;
    options.forwarded_host = true;
    TestServer rfc(&describe, std::move(options));
    CHECK(rfc.request(get("/", both)).body == "http other.test 198.51.100.9 0");
    CHECK(rfc.request(get("/", forwarded)).body.starts_with("http test 127.0.0.1 "));
    options = trusting({"*"});
    options.proxy_headers = ProxyHeaders::None;
    TestServer none(&describe, std::move(options));
    CHECK(none.request(get("/", both)).body.starts_with("http test 127.0.0.1 "));
  }

  TEST_CASE("proxy headers: each request of a connection has its own client") {
    TestServer server(&describe, trusting({"127.0.0.1"}));
    RawClient proxy = server.connect();
    CHECK(proxy.request(get("/", "x-forwarded-for: 203.0.113.1\r\n")).body == "http test 203.0.113.1 0");
    CHECK(proxy.request(get("/", "x-forwarded-for: 203.0.113.2\r\n")).body == "http test 203.0.113.2 0");
    CHECK(proxy.request(get("/")).body.starts_with("http test 127.0.0.1 "));
  }

  TEST_CASE("proxy headers: the access log has the client") {
    std::mutex mutex;
    std::vector<std::string> clients;
    ServerOptions options = trusting({"127.0.0.1"});
    options.on_access = [&](const AccessRecord& record) {
      const std::scoped_lock lock(mutex);
      clients.push_back(record.client->host);
    };
    TestServer server(&describe, std::move(options));
    CHECK(server.request(get("/", "x-forwarded-for: 203.0.113.1\r\n")).status == 200);
    CHECK(eventually([&] {
      const std::scoped_lock lock(mutex);
      return clients == std::vector<std::string>{"203.0.113.1"};
    }));
  }

  TEST_CASE("proxy headers: a list that is none is an error when the server is made") {
    CHECK_THROWS_WITH_AS(Server(&describe, trusting({"localhost"})), doctest::Contains("localhost"),
                         std::invalid_argument);
  }

  TEST_CASE("proxy protocol: either version names the client of all requests of its connection") {
    TestServer server(&describe, with_proxy_protocol());
    for (const std::string& header : {v1, v2}) {
      RawClient proxy = server.connect();
      CHECK(proxy.request(header + get("/")).body == "http test 192.0.2.7 56324");
      CHECK(proxy.request(get("/")).body == "http test 192.0.2.7 56324");
    }
  }

  TEST_CASE("proxy protocol: a header may come byte by byte") {
    TestServer server(&describe, with_proxy_protocol());
    for (const std::string& header : {v1, v2}) {
      RawClient proxy = server.connect();
      for (const char c : header) {
        proxy.send({&c, 1});
        std::this_thread::sleep_for(1ms);
      }
      CHECK(proxy.request(get("/")).body == "http test 192.0.2.7 56324");
    }
  }

  TEST_CASE("proxy protocol: TLS begins behind the header") {
    TestAuthority authority;
    ServerOptions options = with_proxy_protocol();
    options.tls = TlsServerOptions{.identity = authority.issue()};
    TestServer server(&describe, std::move(options));
    const detail::TlsContext trusted(TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}}, {});
    RawClient proxy = server.connect();
    proxy.send(v2);
    REQUIRE(proxy.start_tls(trusted));
    CHECK(proxy.request(get("/")).body == "https test 192.0.2.7 56324");
  }

  TEST_CASE("proxy protocol: a trusted peer without the header is closed") {
    ServerOptions options = with_proxy_protocol();
    options.timeouts.handshake = 200ms;
    TestServer server(&describe, std::move(options));
    RawClient direct = server.connect();
    direct.send(get("/"));
    CHECK(direct.receive_all().empty());
    RawClient silent = server.connect();
    CHECK(silent.closed_silently());
    RawClient unfinished = server.connect();
    unfinished.send(v1.substr(0, 20));
    unfinished.half_close();
    CHECK(unfinished.closed_silently());
  }

  TEST_CASE("proxy protocol: others are served without it, and their header is no request") {
    TestServer server(&describe, with_proxy_protocol({"10.0.0.0/8"}));
    CHECK(server.request(get("/")).body.starts_with("http test 127.0.0.1 "));
    CHECK(server.request(v1 + get("/")).status == 400);
  }

  TEST_CASE("proxy protocol: a header may be as long as allowed and no longer") {
    for (const std::size_t limit : {v2.size() - 1, v2.size(), v2.size() + 1}) {
      ServerOptions options = with_proxy_protocol();
      options.limits.max_proxy_header_bytes = limit;
      TestServer server(&describe, std::move(options));
      RawClient proxy = server.connect();
      proxy.send(v2 + get("/", "connection: close\r\n"));
      CHECK(proxy.receive_all().empty() == (limit < v2.size()));
    }
  }

  TEST_CASE("proxy protocol: whom it names is believed about headers only if trusted itself") {
    TestServer server(&describe, with_proxy_protocol());
    CHECK(server.request(v1 + get("/", forwarded)).body == "http test 192.0.2.7 56324");
    TestServer chain(&describe, with_proxy_protocol({"127.0.0.1", "192.0.2.7"}));
    CHECK(chain.request(v1 + get("/", forwarded)).body == "https test 203.0.113.1 0");
  }

  TEST_CASE("proxy protocol: a proxy that speaks for itself is the client") {
    TestServer server(&describe, with_proxy_protocol());
    CHECK(server.request("PROXY UNKNOWN\r\n" + get("/")).body.starts_with("http test 127.0.0.1 "));
  }
}

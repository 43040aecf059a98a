// SPDX-License-Identifier: BSL-1.0
// A server that speaks TLS.
#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "coroute/tls/connection.hpp"
#include "support/client_outcome.hpp"
#include "support/test_certificates.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using detail::TlsContext;

namespace {

Async<Response> describe(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::string(request.scheme()) + " " + std::string(request.path()) + " " + std::string(body));
}

Async<Response> describe_tls(Request& request) {
  const TlsConnection* const tls = request.tls();
  if (!tls) co_return text("plain");
  const std::string_view client = tls->client_certificate ? tls->client_certificate->alt_name("URI") : "nobody";
  co_return text(tls->version + " " + tls->server_name + " " + tls->alpn + " " + std::string(client));
}

/// A server with a certificate for "localhost".
struct SecureServer {
  static ServerOptions secured(ServerOptions options, TestAuthority& authority) {
    options.tls = TlsServerOptions{.identity = authority.issue()};
    return options;
  }

  explicit SecureServer(Handler handler = &describe, ServerOptions options = {})
      : server(std::move(handler), secured(std::move(options), authority)) {}

  RawClient connect(RawClient::Options options = {}) const {
    RawClient client = server.connect(options);
    REQUIRE(client.start_tls(trusting));
    return client;
  }

  TestAuthority authority;
  TlsContext trusting{TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}}, {"http/1.1"}};
  TestServer server;
};

std::vector<std::string> three_texts() {
  return {"one", std::string(300'000, 'x'), "two"};
}

ClientOptions trusting(const TestAuthority& authority) {
  ClientOptions options;
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  return options;
}

std::string ask(ClientOptions options, std::string url) {
  const Client client(std::move(options));
  return run([](const Client& http, std::string to) -> Async<std::string> {
    const std::string outcome = co_await outcome_of(http.get(to));
    co_return outcome;
  }(client, std::move(url)));
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("tls: a request through TLS is answered, and knows that its scheme is https") {
    SecureServer server;
    RawClient client = server.connect();
    CHECK(client.tls().version() == "TLSv1.3");
    CHECK(client.tls().alpn() == "http/1.1");
    CHECK(client.request(get("/one")).body == "https /one ");
    CHECK(client.request(post("/two", "body")).body == "https /two body");
  }

  TEST_CASE("tls: the library's own client is answered") {
    SecureServer server;
    CHECK(ask(trusting(server.authority), "https://localhost:" + std::to_string(server.server.port()) + "/x") ==
          "200 https /x ");
  }

  TEST_CASE("tls: a handler sees what was agreed on, and whose certificate the client has shown") {
    TestAuthority authority;
    ServerOptions options;
    options.tls = TlsServerOptions{.identity = authority.issue(),
                                   .client_ca_files = {authority.file()},
                                   .client_certificates = ClientCertificates::Optional};
    TestServer server(&describe_tls, std::move(options));
    const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
    ClientOptions named = trusting(authority);
    named.tls.identity = authority.issue({.names = {}, .other_names = "URI:spiffe://shop/billing"});
    CHECK(ask(trusting(authority), url) == "200 TLSv1.3 localhost http/1.1 nobody");
    CHECK(ask(named, url) == "200 TLSv1.3 localhost http/1.1 spiffe://shop/billing");
  }

  TEST_CASE("tls: a request that came in plain has none") {
    TestServer server(&describe_tls);
    CHECK(ask({}, "http://localhost:" + std::to_string(server.port()) + "/") == "200 plain");
  }

  TEST_CASE("tls: WebSockets go through it") {
    App app;
    app.websocket("/", [](WebSocket& ws) -> Async<void> {
      co_await ws.accept();
      while (auto message = co_await ws.receive())
        co_await ws.send_text(message->data());
    });
    SecureServer server(std::move(app).handler());
    const Client client(trusting(server.authority));
    std::string outcome;
    run([](const Client& http, std::string url, std::string& to) -> Async<void> {
      WebSocket ws = co_await http.websocket(url);
      const std::vector<std::string> texts = three_texts();
      for (const std::string& text : texts) {
        co_await ws.send_text(text);
        const std::optional<WebSocketMessage> answer = co_await ws.receive();
        to += answer && answer->data() == text ? "same " : "other ";
      }
      co_await ws.close();
    }(client, "wss://localhost:" + std::to_string(server.server.port()) + "/", outcome));
    CHECK(outcome == "same same same ");
  }

  TEST_CASE("tls: large bodies go both ways unchanged") {
    ServerOptions options;
    options.limits.max_body_bytes = 8 * 1024 * 1024;
    SecureServer server(
        [](Request& request) -> Async<Response> {
          const std::string_view body = co_await request.body();
          co_return text(std::string(body));
        },
        std::move(options));
    std::string body;
    for (std::size_t i = 0; body.size() < 3'000'000; ++i)
      body += std::to_string(i);
    RawClient client = server.connect();
    for (int i = 0; i < 3; ++i)
      CHECK(client.request(post("/", body)).body == body);
  }

  TEST_CASE("tls: requests sent in one piece are answered in order") {
    SecureServer server;
    RawClient client = server.connect();
    std::string requests;
    for (int i = 0; i < 200; ++i)
      requests += get("/" + std::to_string(i));
    client.send(requests);
    for (int i = 0; i < 200; ++i)
      CHECK(client.receive().body == "https /" + std::to_string(i) + " ");
  }

  TEST_CASE("tls: the end of a connection is told to the client") {
    SecureServer server;
    RawClient client = server.connect();
    CHECK(client.request(get("/", "connection: close\r\n")).closes());
    CHECK(client.closed_silently());
    CHECK(client.was_told_of_end());
  }

  TEST_CASE("tls: a malformed request is refused through TLS, and the end told") {
    SecureServer server;
    RawClient client = server.connect();
    CHECK(client.request("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n").status == 400);
    CHECK(client.closed_silently());
    CHECK(client.was_told_of_end());
  }

  TEST_CASE("tls: HTTP without TLS is answered with 400 that says so, and closed") {
    SecureServer server;
    RawClient client = server.server.connect();
    const RawResponse response = client.request(get("/"));
    CHECK(response.status == 400);
    CHECK(response.body == "This port is for HTTPS, and the request came without TLS.");
    CHECK(response.closes());
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("tls: a client that doesn't trust the certificate gets no further than the handshake") {
    SecureServer server;
    const TestAuthority stranger;
    const TlsContext wary(TlsClientOptions{.system_roots = false, .ca_files = {stranger.file()}}, {});
    RawClient client = server.server.connect();
    CHECK_FALSE(client.start_tls(wary));
    CHECK_FALSE(client.tls().error().empty());
    CHECK(server.connect().request(get("/")).status == 200);
  }

  TEST_CASE("tls: a client that stops in its handshake is closed in time, and others are served meanwhile") {
    ServerOptions options;
    options.timeouts.handshake = 300ms;
    SecureServer server(&describe, std::move(options));
    RawClient silent = server.server.connect();
    RawClient halfway = server.server.connect();
    halfway.send(std::string("\x16\x03\x01\x02\x00", 5));
    CHECK(server.connect().request(get("/")).status == 200);
    CHECK(silent.closed_silently());
    CHECK(halfway.closed_silently());
  }

  TEST_CASE("tls: more handshakes at once than allowed are closed, and one that ends makes room") {
    ServerOptions options;
    options.limits.max_handshakes = 2;
    SecureServer server(&describe, std::move(options));
    RawClient first = server.server.connect();
    RawClient second = server.server.connect();
    CHECK(eventually([&] { return server.server->connections() == 2; }));
    RawClient third = server.server.connect();
    CHECK(third.closed_silently());
    second.close();
    CHECK(eventually([&] { return server.server->connections() == 1; }));
    CHECK(server.connect().request(get("/")).status == 200);
  }

  TEST_CASE("tls: connections that are there don't count as handshakes") {
    ServerOptions options;
    options.limits.max_handshakes = 1;
    SecureServer server(&describe, std::move(options));
    RawClient first = server.connect();
    CHECK(first.request(get("/")).status == 200);
    RawClient second = server.connect();
    CHECK(second.request(get("/")).status == 200);
    CHECK(first.request(get("/")).status == 200);
  }

  TEST_CASE("tls: parts of a record don't keep an idle connection open") {
    ServerOptions options;
    options.timeouts.head = 200ms;
    options.timeouts.keep_alive = 200ms;
    SecureServer server(&describe, std::move(options));
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    {
      detail::TlsSession session(server.trusting, socket);
      session.set_peer("localhost");
      REQUIRE(session.handshake() == detail::TlsStatus::Done);
      CHECK(eventually([&] { return server.server->connections() == 1; }));
      const std::string record_of_16k("\x17\x03\x03\x40\x00", 5);
      CHECK(::send(socket, record_of_16k.data(), record_of_16k.size(), MSG_NOSIGNAL) == 5);
      CHECK(eventually([&] {
        ::send(socket, "x", 1, MSG_NOSIGNAL);
        return server.server->connections() == 0;
      }));
    }
    close(socket);
  }

  TEST_CASE("tls: a certificate that can't be used is an error when the server is made") {
    ServerOptions options;
    options.tls = TlsServerOptions{.identity = {.certificate_file = "/nowhere/x.pem"}};
    CHECK_THROWS_WITH_AS(Server(&describe, std::move(options)), doctest::Contains("/nowhere/x.pem"),
                         std::invalid_argument);
  }
}

// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

const std::string ok_response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server with TLS that answers every request with `response`.
class SecureServer {
 public:
  explicit SecureServer(TlsServerOptions options, std::string response = ok_response)
      : context_(options), response_(std::move(response)), server_([this](RawConnection& connection) {
          if (!connection.accept_tls(context_)) return;
          if (connection.tls().is_resumed()) ++resumed_;
          while (!connection.read_request().empty()) {
            connection.send(response_);
            if (response_.find("content-length") == std::string::npos) break;
          }
          if (says_goodbye_) connection.tls().shut_down();
        }) {}

  std::string url(const std::string& host = "localhost") const {
    return "https://" + host + ':' + std::to_string(server_.port()) + '/';
  }
  std::size_t accepted() const { return server_.accepted(); }
  std::size_t resumed() const { return resumed_; }
  void close_without_goodbye() { says_goodbye_ = false; }

 private:
  detail::TlsContext context_;
  std::string response_;
  std::atomic<std::size_t> resumed_{0};
  std::atomic<bool> says_goodbye_{true};
  RawServer server_;
};

ClientOptions trusting(const TestAuthority& authority) {
  ClientOptions options;
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  return options;
}

std::string get(const Client& client, const std::string& url) {
  std::string outcome;
  run([](const Client& http, const std::string& from, std::string& to) -> Async<void> {
    to = co_await outcome_of(http.get(from));
  }(client, url, outcome));
  return outcome;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: https is answered by a server whose certificate is trusted") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()});
  const Client client(trusting(authority));
  CHECK(get(client, server.url()) == "200 ok");
}

TEST_CASE("client: the tickets of TLS, which come after the handshake, don't end the sending of a body") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()});
  const Client client(trusting(authority));
  std::string outcome;
  run([](const Client& http, const std::string& to_url, std::string& to) -> Async<void> {
    const auto slow_pieces = []() -> AsyncGenerator<std::string> {
      for (int i = 0; i < 3; ++i) {
        co_await sleep(30ms);
        co_yield "piece";
      }
    };
    to = co_await outcome_of(http.post(to_url).body(slow_pieces(), "text/plain", 15));
  }(client, server.url(), outcome));
  CHECK(outcome == "200 ok");
}

TEST_CASE("client: https to an address wants the address in the certificate") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue({.names = {"127.0.0.1"}})});
  const Client client(trusting(authority));
  CHECK(get(client, server.url("127.0.0.1")) == "200 ok");
  CHECK(get(client, server.url("localhost")) == "TlsError");
}

TEST_CASE("client: a certificate that the system doesn't know is refused") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()});
  CHECK(get(Client(), server.url()) == "TlsError");
  ClientOptions careless;
  careless.tls.verify = false;
  CHECK(get(Client(careless), server.url()) == "200 ok");
}

TEST_CASE("client: a refused certificate is named in the error, with the request") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue({.valid_from_days = -9, .valid_until_days = -1})});
  const Client client(trusting(authority));
  std::string what;
  run([](const Client& http, std::string url, std::string& to) -> Async<void> {
    try {
      co_await http.get(url);
    } catch (const TlsError& error) {
      to = error.what();
    }
  }(client, server.url(), what));
  CHECK(what == "GET " + server.url() + ": certificate verify failed: certificate has expired");
}

TEST_CASE("client: a client certificate is shown to a server that wants one") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue(), .client_ca_files = {authority.file()}});
  ClientOptions options = trusting(authority);
  CHECK(get(Client(options), server.url()) != "200 ok");
  options.tls.identity = authority.issue({.names = {"client"}});
  CHECK(get(Client(options), server.url()) == "200 ok");
}

TEST_CASE("client: what can't be used of the TLS options is said when the client is made") {
  ClientOptions options;
  options.tls.ca_files = {"/nowhere/ca.pem"};
  CHECK_THROWS_WITH_AS(Client{options}, doctest::Contains("/nowhere/ca.pem"), std::invalid_argument);
}

TEST_CASE("client: connections with TLS are kept and used again") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()});
  const Client client(trusting(authority));
  run([](const Client& http, std::string url) -> Async<void> {
    for (int i = 0; i < 5; ++i)
      CHECK((co_await http.get(url)).text() == "ok");
  }(client, server.url()));
  CHECK(server.accepted() == 1);
}

TEST_CASE("client: another connection resumes the session of an earlier one") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()},
                      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
  const Client client(trusting(authority));
  run([](const Client& http, std::string url) -> Async<void> {
    for (int i = 0; i < 3; ++i)
      CHECK((co_await http.get(url)).text() == "ok");
  }(client, server.url()));
  CHECK(server.accepted() == 3);
  CHECK(server.resumed() == 2);
}

TEST_CASE("client: http and https of the same host and port don't share connections") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()});
  const Client client(trusting(authority));
  run([](const Client& http, std::string url) -> Async<void> {
    CHECK((co_await http.get(url)).text() == "ok");
    const std::string plain = co_await outcome_of(http.get("http" + url.substr(5)));
    CHECK(plain != "200 ok");
    CHECK((co_await http.get(url)).text() == "ok");
  }(client, server.url()));
}

TEST_CASE("client: a body that ends with the connection needs the peer's goodbye") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()}, "HTTP/1.1 200 OK\r\n\r\nall of it");
  const Client client(trusting(authority));
  CHECK(get(client, server.url()) == "200 all of it");
  server.close_without_goodbye();
  CHECK(get(client, server.url()) == "ConnectionClosed");
}

TEST_CASE("client: a body that ends with a reset connection is not complete") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\npart of it");
    std::this_thread::sleep_for(50ms);  // the bytes arrive before the reset
    connection.close_by_reset();
  });
  CHECK(get(Client(), server.url()) == "ConnectionClosed");
}

TEST_CASE("client: a server that accepts and says nothing ends in TlsTimeout") {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  ClientOptions options;
  options.timeout.tls = 50ms;
  CHECK(get(Client(options), "https" + server.url().substr(4)) == "TlsTimeout");
}

TEST_CASE("client: a server that doesn't speak TLS ends in TlsError") {
  RawServer server([](RawConnection& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  CHECK(get(Client(), "https" + server.url().substr(4)) == "TlsError");
}

TEST_CASE("client: a megabyte goes both ways through TLS") {
  TestAuthority authority;
  const std::string body(1024 * 1024, 'x');
  SecureServer server({.identity = authority.issue()},
                      "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  const Client client(trusting(authority));
  run([](const Client& http, std::string url, const std::string& large) -> Async<void> {
    const ClientResponse response = co_await http.post(url).body(large);
    CHECK(response.text() == large);
  }(client, server.url(), body));
}

TEST_CASE("client: many requests at once each get their answer through TLS") {
  TestAuthority authority;
  SecureServer server({.identity = authority.issue()});
  ClientOptions options = trusting(authority);
  options.limits.max_connections_per_host = 4;
  const Client client(options);
  run([](const Client& http, std::string url) -> Async<void> {
    std::vector<RequestBuilder> requests;
    for (int i = 0; i < 50; ++i)
      requests.push_back(http.get(url));
    const auto responses = co_await gather(std::move(requests));
    CHECK(responses.size() == 50);
    for (const ClientResponse& response : responses)
      CHECK(response.text() == "ok");
  }(client, server.url()));
  CHECK(server.accepted() == 4);
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
#include "tls/session.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

#include "support/test_certificates.hpp"
#include "support/tls_pair.hpp"

using namespace coroute;
using namespace coroute::test;
using detail::TlsContext;
using detail::TlsSession;
using detail::TlsStatus;
using detail::TlsTransfer;

namespace {

/// A client and a server that trusts nobody but `authority`.
struct Pair {
  explicit Pair(const test::CertificateOptions& certificate = {}, const std::vector<std::string>& alpn = {"http/1.1"})
      : server_context({.identity = authority.issue(certificate)}), client_context(trusting(), alpn) {}

  TlsClientOptions trusting() const { return {.system_roots = false, .ca_files = {authority.file()}}; }

  /// How the client's handshake ends, and why.
  std::string connect(const std::string& host) {
    Sockets sockets;
    TlsSession client(client_context, sockets.client());
    TlsSession server(server_context, sockets.server());
    client.set_peer(host);
    const Handshake result = shake_hands(client, server);
    return result.client == TlsStatus::Done ? "done" : client.error();
  }

  test::TestAuthority authority;
  TlsContext server_context;
  TlsContext client_context;
};

}  // namespace

TEST_SUITE("tls") {
  TEST_CASE("session: both sides agree and what one writes the other reads") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    TlsSession server(pair.server_context, sockets.server());
    client.set_peer("localhost");
    const Handshake result = shake_hands(client, server);
    CHECK(result.client == TlsStatus::Done);
    CHECK(result.server == TlsStatus::Done);
    CHECK(client.version() == "TLSv1.3");
    CHECK(client.alpn() == "http/1.1");
    CHECK(server.alpn() == "http/1.1");
    CHECK(client.write("question").size == 8);
    CHECK(receive(server) == "question");
    CHECK(server.write("answer").size == 6);
    CHECK(receive(client) == "answer");
  }

  TEST_CASE("session: reading and writing nothing is no error") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    TlsSession server(pair.server_context, sockets.server());
    client.set_peer("localhost");
    shake_hands(client, server);
    CHECK(client.write("").status == TlsStatus::Done);
    std::array<char, 8> buffer{};
    CHECK(server.read(buffer.data(), buffer.size()).status == TlsStatus::WantRead);
  }

  TEST_CASE("session: a certificate for another name is refused") {
    Pair pair({.names = {"example.com"}});
    CHECK(pair.connect("localhost") == "certificate verify failed: hostname mismatch");
    CHECK(pair.connect("example.com") == "done");
    CHECK(pair.connect("www.example.com") == "certificate verify failed: hostname mismatch");
  }

  TEST_CASE("session: a wildcard stands for one label, and only as a whole one") {
    Pair whole({.names = {"*.example.com"}});
    CHECK(whole.connect("a.example.com") == "done");
    CHECK(whole.connect("example.com") == "certificate verify failed: hostname mismatch");
    CHECK(whole.connect("a.b.example.com") == "certificate verify failed: hostname mismatch");
    Pair part({.names = {"a*.example.com"}});
    CHECK(part.connect("ab.example.com") == "certificate verify failed: hostname mismatch");
  }

  TEST_CASE("session: an address is checked as an address") {
    Pair pair({.names = {"127.0.0.1", "::1"}});
    CHECK(pair.connect("127.0.0.1") == "done");
    CHECK(pair.connect("::1") == "done");
    CHECK(pair.connect("127.0.0.2") == "certificate verify failed: IP address mismatch");
  }

  TEST_CASE("session: what is out of date is refused") {
    CHECK(Pair({.valid_from_days = -10, .valid_until_days = -1}).connect("localhost") ==
          "certificate verify failed: certificate has expired");
    CHECK(Pair({.valid_from_days = 1}).connect("localhost") ==
          "certificate verify failed: certificate is not yet valid");
  }

  TEST_CASE("session: a certificate that signed itself is refused") {
    Pair pair;
    const TlsContext server_context(TlsServerOptions{.identity = pair.authority.self_signed()});
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    TlsSession server(server_context, sockets.server());
    client.set_peer("localhost");
    const Handshake result = shake_hands(client, server);
    CHECK(result.client == TlsStatus::Failed);
    CHECK(client.error() == "certificate verify failed: self-signed certificate");
    CHECK(result.server == TlsStatus::Failed);  // is told by an alert
  }

  TEST_CASE("session: an authority that nobody trusts is refused, unless nothing is verified") {
    Pair pair;
    const TlsContext strict(TlsClientOptions{.system_roots = false}, {});
    const TlsContext credulous(TlsClientOptions{.verify = false, .system_roots = false}, {});
    for (const TlsContext* const context : {&strict, &credulous}) {
      Sockets sockets;
      TlsSession client(*context, sockets.client());
      TlsSession server(pair.server_context, sockets.server());
      client.set_peer("wrong.example");
      CHECK((shake_hands(client, server).client == TlsStatus::Done) == (context == &credulous));
    }
  }

  TEST_CASE("session: a server that wants a certificate refuses a client without one") {
    test::TestAuthority authority;
    const TlsContext server_context(
        TlsServerOptions{.identity = authority.issue(), .client_ca_files = {authority.file()}});
    TlsClientOptions options{.system_roots = false, .ca_files = {authority.file()}};
    for (const bool has_one : {false, true}) {
      if (has_one) options.identity = authority.issue({.names = {"client"}});
      const TlsContext client_context(options, {"http/1.1"});
      Sockets sockets;
      TlsSession client(client_context, sockets.client());
      TlsSession server(server_context, sockets.server());
      client.set_peer("localhost");
      const Handshake result = shake_hands(client, server);
      CHECK((result.server == TlsStatus::Done) == has_one);
    }
  }

  TEST_CASE("session: both take the higher of their lowest versions") {
    test::TestAuthority authority;
    const TlsContext server_context(TlsServerOptions{.identity = authority.issue(), .min_version = TlsVersion::Tls13});
    const TlsContext client_context({.system_roots = false, .ca_files = {authority.file()}}, {"http/1.1"});
    SSL_CTX_set_max_proto_version(client_context.native(), TLS1_2_VERSION);
    Sockets sockets;
    TlsSession client(client_context, sockets.client());
    TlsSession server(server_context, sockets.server());
    client.set_peer("localhost");
    CHECK(shake_hands(client, server).client == TlsStatus::Failed);
    CHECK(client.error() == "tlsv1 alert protocol version");
  }

  TEST_CASE("session: no protocol in common ends the handshake") {
    Pair pair({}, {"h2"});
    CHECK(pair.connect("localhost") == "tlsv1 alert no application protocol");
  }

  TEST_CASE("session: a client that offers no protocols gets none") {
    Pair pair({}, {});
    CHECK(pair.connect("localhost") == "done");
  }

  TEST_CASE("session: the end is told apart from a connection that just closes") {
    Pair pair;
    for (const bool properly : {true, false}) {
      Sockets sockets;
      TlsSession client(pair.client_context, sockets.client());
      TlsSession server(pair.server_context, sockets.server());
      client.set_peer("localhost");
      shake_hands(client, server);
      if (properly) CHECK(server.shut_down() == TlsStatus::Done);
      sockets.close_server();
      std::array<char, 8> buffer{};
      CHECK(client.read(buffer.data(), buffer.size()).status == (properly ? TlsStatus::Closed : TlsStatus::Truncated));
    }
  }

  TEST_CASE("session: writing to a peer that has gone is an answer, not a signal") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    TlsSession server(pair.server_context, sockets.server());
    client.set_peer("localhost");
    shake_hands(client, server);
    sockets.close_server();
    CHECK(client.write("x").status == TlsStatus::Truncated);
    CHECK(client.write("x").status == TlsStatus::Failed);
    CHECK(client.shut_down() == TlsStatus::Done);
  }

  TEST_CASE("session: what doesn't speak TLS is refused") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    client.set_peer("localhost");
    CHECK(client.handshake() == TlsStatus::WantRead);
    REQUIRE(send(sockets.server(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0) == 28);
    CHECK(client.handshake() == TlsStatus::Failed);
    CHECK(client.error() == "wrong version number");
    CHECK(client.handshake() == TlsStatus::Failed);
  }

  TEST_CASE("session: more than the socket takes goes on where it stopped") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    TlsSession server(pair.server_context, sockets.server());
    client.set_peer("localhost");
    shake_hands(client, server);
    const std::string sent(4 * 1024 * 1024, 'x');
    std::string_view unsent = sent;
    std::size_t received = 0;
    bool was_full = false;
    std::array<char, 50'000> buffer{};
    while (received < sent.size()) {
      TlsTransfer wrote = client.write(unsent);
      for (; wrote.status == TlsStatus::Done && !unsent.empty(); wrote = client.write(unsent))
        unsent.remove_prefix(wrote.size);
      was_full = was_full || wrote.status == TlsStatus::WantWrite;
      for (TlsTransfer got = server.read(buffer.data(), buffer.size()); got.status == TlsStatus::Done;
           got = server.read(buffer.data(), buffer.size()))
        received += got.size;
    }
    CHECK(was_full);
    CHECK(received == sent.size());
    CHECK(unsent.empty());
  }

  TEST_CASE("session: bytes that were received but not read are pending") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    TlsSession server(pair.server_context, sockets.server());
    client.set_peer("localhost");
    shake_hands(client, server);
    client.write("abcdef");
    std::array<char, 2> buffer{};
    CHECK(server.read(buffer.data(), buffer.size()).size == 2);
    CHECK(server.has_pending());
  }

  TEST_CASE("session: another connection resumes what an earlier one has agreed on") {
    Pair pair;
    detail::SslSessionPtr resumable;
    for (const bool again : {false, true}) {
      Sockets sockets;
      TlsSession client(pair.client_context, sockets.client());
      TlsSession server(pair.server_context, sockets.server());
      client.set_peer("localhost");
      client.resume(std::move(resumable));
      CHECK(shake_hands(client, server).client == TlsStatus::Done);
      CHECK(client.is_resumed() == again);
      server.write("x");
      CHECK(receive(client) == "x");  // the ticket comes first
      resumable = client.take_resumable();
      CHECK(resumable != nullptr);
    }
  }

  TEST_CASE("session: shutting down before the handshake is over does nothing") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    CHECK(client.shut_down() == TlsStatus::Done);
    std::array<char, 8> buffer{};
    CHECK(recv(sockets.server(), buffer.data(), buffer.size(), 0) < 0);
  }

  TEST_CASE("session: a name that no certificate can have is refused at once") {
    Pair pair;
    Sockets sockets;
    TlsSession client(pair.client_context, sockets.client());
    CHECK_THROWS_AS(client.set_peer(std::string("a\0b", 3)), std::invalid_argument);
  }
}

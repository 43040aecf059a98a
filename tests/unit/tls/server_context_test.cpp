// SPDX-License-Identifier: BSL-1.0
// What a server chooses in a handshake, and what it remembers of one.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "support/test_certificates.hpp"
#include "support/tls_pair.hpp"
#include "tls/context.hpp"

using namespace coroute;
using namespace coroute::test;
using detail::TlsContext;
using detail::TlsSession;
using detail::TlsStatus;

namespace {

struct Peers {
  Peers(const TlsContext& client_context, const TlsContext& server_context)
      : client(client_context, sockets.client()), server(server_context, sockets.server()) {}

  /// Whether both sides have ended the handshake well.
  bool connect(const std::string& host) {
    client.set_peer(host);
    const Handshake result = shake_hands(client, server);
    return result.client == TlsStatus::Done && result.server == TlsStatus::Done;
  }

  Sockets sockets;
  TlsSession client;
  TlsSession server;
};

TlsContext trusting(const TestAuthority& authority, TlsIdentity identity = {}) {
  return TlsContext(
      TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}, .identity = std::move(identity)},
      {"http/1.1"});
}

/// How many bytes a client sends in a handshake.
std::size_t handshake_bytes(const TlsContext& client_context, const TlsContext& server_context) {
  for (std::size_t limit = 1; limit < 4096; ++limit) {
    Peers peers(client_context, server_context);
    peers.server.limit_handshake(limit);
    if (peers.connect("localhost")) return limit;
  }
  return 0;
}

/// Connects, and gives what the client can go on from.
detail::SslSessionPtr ticket_from(const TlsContext& client_context, const TlsContext& server_context) {
  Peers peers(client_context, server_context);
  REQUIRE(peers.connect("localhost"));
  peers.server.write("x");
  REQUIRE(receive(peers.client) == "x");  // the ticket comes first
  return peers.client.take_resumable();
}

bool resumes(const TlsContext& client_context, const TlsContext& server_context, detail::SslSessionPtr ticket) {
  Peers peers(client_context, server_context);
  peers.client.resume(std::move(ticket));
  REQUIRE(peers.connect("localhost"));
  return peers.server.is_resumed();
}

}  // namespace

TEST_SUITE("tls") {
  TEST_CASE("server context: the certificate is the first that has the name, else the main one") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{
        .identity = authority.issue({.names = {"main.test"}}),
        .more_identities = {authority.issue({.names = {"a.test", "*.wild.test"}}),
                            authority.issue({.names = {"a.test"}}), authority.issue({.names = {"b.test"}})}});
    const TlsContext client = trusting(authority);
    for (const char* const name : {"main.test", "a.test", "x.wild.test", "b.test"}) {
      Peers peers(client, server);
      CHECK_MESSAGE(peers.connect(name), name);
      CHECK(peers.server.server_name() == name);
    }
    Peers other(client, server);
    CHECK_FALSE(other.connect("other.test"));
    CHECK(other.client.error() == "certificate verify failed: hostname mismatch");
  }

  TEST_CASE("server context: who asks for no name gets the main certificate") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{.identity = authority.issue({.names = {"127.0.0.1"}}),
                                             .more_identities = {authority.issue({.names = {"a.test"}})}});
    const TlsContext client = trusting(authority);
    Peers peers(client, server);
    CHECK(peers.connect("127.0.0.1"));
    CHECK(peers.server.server_name().empty());
  }

  TEST_CASE("server context: a further certificate that can't be used is named") {
    TestAuthority authority;
    const TlsServerOptions options{.identity = authority.issue(),
                                   .more_identities = {{.certificate_file = "/nowhere/y.pem"}}};
    CHECK_THROWS_WITH(TlsContext{options}, doctest::Contains("/nowhere/y.pem"));
  }

  TEST_CASE("server context: the protocol is agreed on for each certificate") {
    TestAuthority authority;
    const TlsContext server(
        TlsServerOptions{.identity = authority.issue(), .more_identities = {authority.issue({.names = {"a.test"}})}});
    const TlsContext client = trusting(authority);
    Peers peers(client, server);
    CHECK(peers.connect("a.test"));
    CHECK(peers.server.alpn() == "http/1.1");
  }

  TEST_CASE("server context: where certificates of clients are optional, both kinds get in and are told apart") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{.identity = authority.issue(),
                                             .client_ca_files = {authority.file()},
                                             .client_certificates = ClientCertificates::Optional});
    const TlsContext nameless = trusting(authority);
    Peers without(nameless, server);
    CHECK(without.connect("localhost"));
    CHECK_FALSE(without.server.tls_connection().client_certificate);
    const TlsContext named = trusting(authority, authority.issue({.names = {"client"}}));
    Peers with(named, server);
    CHECK(with.connect("localhost"));
    CHECK(with.server.tls_connection().client_certificate);
  }

  TEST_CASE("server context: a certificate that a stranger has signed is refused, also where none is needed") {
    TestAuthority authority;
    TestAuthority stranger;
    const TlsContext server(TlsServerOptions{.identity = authority.issue(),
                                             .client_ca_files = {authority.file()},
                                             .client_certificates = ClientCertificates::Optional});
    const TlsContext foreign = trusting(authority, stranger.issue({.names = {"client"}}));
    Peers peers(foreign, server);
    CHECK_FALSE(peers.connect("localhost"));
  }

  TEST_CASE("server context: a handshake may have as many bytes as allowed and no more") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{.identity = authority.issue()});
    const TlsContext client = trusting(authority);
    const std::size_t needed = handshake_bytes(client, server);
    REQUIRE(needed > 200);
    for (const std::size_t limit : {needed - 1, needed, needed + 1}) {
      Peers peers(client, server);
      peers.server.limit_handshake(limit);
      CHECK(peers.connect("localhost") == (limit >= needed));
      if (limit < needed) CHECK(peers.server.error() == "the handshake is longer than allowed");
    }
  }

  TEST_CASE("server context: the limit of the handshake is none of what follows") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{.identity = authority.issue()});
    const TlsContext client = trusting(authority);
    Peers peers(client, server);
    peers.server.limit_handshake(2048);
    CHECK(peers.connect("localhost"));
    for (int i = 0; i < 20; ++i) {
      CHECK(peers.client.write(std::string(200, 'x')).size == 200);
      CHECK(receive(peers.server) == std::string(200, 'x'));
    }
  }

  TEST_CASE("server context: a session is drained when its last read has seen the end of what came") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{.identity = authority.issue()});
    const TlsContext client = trusting(authority);
    Peers peers(client, server);
    CHECK(peers.connect("localhost"));
    peers.client.write("ab");
    std::array<char, 1> one{};
    CHECK(peers.server.read(one.data(), 1).size == 1);
    CHECK_FALSE(peers.server.is_drained());
    peers.client.write("c");
    CHECK(peers.server.read(one.data(), 1).size == 1);  // without a look at the socket
    CHECK_FALSE(peers.server.is_drained());
    CHECK(receive(peers.server) == "c");
    CHECK(peers.server.is_drained());
  }

  TEST_CASE("server context: tickets are good after a reload, and at any loop") {
    TestAuthority authority;
    const TlsServerOptions options{.identity = authority.issue()};
    const TlsContext before(options);
    const TlsContext after(options, before.ticket_keys());
    const TlsContext stranger(options);
    const TlsContext client = trusting(authority);
    CHECK(resumes(client, before, ticket_from(client, before)));
    CHECK(resumes(client, after, ticket_from(client, before)));
    CHECK_FALSE(resumes(client, stranger, ticket_from(client, before)));
  }

  TEST_CASE("server context: tickets are good with TLS 1.2 too") {
    TestAuthority authority;
    const TlsContext server(TlsServerOptions{.identity = authority.issue()});
    const TlsContext client = trusting(authority);
    SSL_CTX_set_max_proto_version(client.native(), TLS1_2_VERSION);
    CHECK(resumes(client, server, ticket_from(client, server)));
  }

  TEST_CASE("server context: a reload ends the tickets of clients that showed certificates") {
    TestAuthority authority;
    const TlsServerOptions options{.identity = authority.issue(), .client_ca_files = {authority.file()}};
    const TlsContext before(options);
    const TlsContext after(options, before.ticket_keys());
    const TlsContext client = trusting(authority, authority.issue({.names = {"client"}}));
    CHECK(resumes(client, before, ticket_from(client, before)));
    CHECK_FALSE(resumes(client, after, ticket_from(client, before)));
  }

  TEST_CASE("server context: without a lifetime there are no tickets") {
    TestAuthority authority;
    const TlsContext server(
        TlsServerOptions{.identity = authority.issue(), .ticket_key_lifetime = std::chrono::seconds(0)});
    CHECK(server.ticket_keys() == nullptr);
    const TlsContext client = trusting(authority);
    CHECK(ticket_from(client, server) == nullptr);
  }
}

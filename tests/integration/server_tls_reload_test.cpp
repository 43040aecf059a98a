// SPDX-License-Identifier: BSL-1.0
// A server that gets other certificates while it runs, and clients that come back.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/test_certificates.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using detail::TlsContext;

namespace {

namespace fs = std::filesystem;

Async<Response> hello(Request&) {
  co_return text("hello");
}

void replace_files(const TlsIdentity& target, const TlsIdentity& source) {
  fs::copy_file(source.certificate_file, target.certificate_file, fs::copy_options::overwrite_existing);
  fs::copy_file(source.private_key_file, target.private_key_file, fs::copy_options::overwrite_existing);
}

/// A server whose certificate names "first.test", and another one for "second.test" to put in its place.
struct ReloadedServer {
  explicit ReloadedServer(std::size_t loops = 1) : server(&hello, secured(loops)) {}

  ServerOptions secured(std::size_t loops) const {
    ServerOptions options;
    options.loops = loops;
    options.tls = TlsServerOptions{.identity = identity};
    return options;
  }
  bool has_certificate_for(const std::string& name) const {
    RawClient client = server.connect();
    return client.start_tls(trusting, name) && client.request(get("/")).status == 200;
  }

  TestAuthority authority;
  TlsContext trusting{TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}}, {"http/1.1"}};
  TlsIdentity identity = authority.issue({.names = {"first.test"}});
  TlsIdentity replacement = authority.issue({.names = {"second.test"}});
  TestServer server;
};

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("reload: new connections get the new certificate, and those that are there go on") {
    ReloadedServer server(2);
    RawClient old = server.server.connect();
    REQUIRE(old.start_tls(server.trusting, "first.test"));
    CHECK(old.request(get("/")).status == 200);
    replace_files(server.identity, server.replacement);
    server.server->reload_certificates();
    CHECK(eventually([&] { return server.has_certificate_for("second.test"); }));
    CHECK(eventually([&] { return !server.has_certificate_for("first.test"); }));
    CHECK(old.request(get("/")).status == 200);
  }

  TEST_CASE("reload: a handshake that has begun goes on") {
    ReloadedServer server;
    RawClient slow = server.server.connect();
    CHECK(eventually([&] { return server.server->connections() == 1; }));
    replace_files(server.identity, server.replacement);
    server.server->reload_certificates();
    CHECK(eventually([&] { return server.has_certificate_for("second.test"); }));
    CHECK(slow.start_tls(server.trusting, "first.test"));
    CHECK(slow.request(get("/")).status == 200);
  }

  TEST_CASE("reload: what can't be used is an error that names it, and changes nothing") {
    ReloadedServer server;
    fs::remove(server.identity.certificate_file);
    CHECK_THROWS_WITH_AS(server.server->reload_certificates(),
                         doctest::Contains(server.identity.certificate_file.c_str()), std::invalid_argument);
    CHECK(server.has_certificate_for("first.test"));
  }

  TEST_CASE("reload: a key that isn't the certificate's changes nothing") {
    ReloadedServer server;
    fs::copy_file(server.replacement.certificate_file, server.identity.certificate_file,
                  fs::copy_options::overwrite_existing);
    CHECK_THROWS_AS(server.server->reload_certificates(), std::invalid_argument);
    CHECK(server.has_certificate_for("first.test"));
  }

  TEST_CASE("reload: a server without TLS has nothing to reload") {
    TestServer server(&hello);
    server->reload_certificates();
    CHECK(server.request(get("/")).status == 200);
  }

  TEST_CASE("reload: clients that come all the time lose no request") {
    ReloadedServer server(2);
    std::atomic<bool> stop{false};
    std::atomic<int> answered{0};
    std::atomic<int> lost{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([&] {
        while (!stop) {
          RawClient client = server.server.connect();
          bool good = client.start_tls(server.trusting, "first.test");
          for (int request = 0; request < 3 && good; ++request)
            good = client.request(get("/")).status == 200;
          ++(good ? answered : lost);
        }
      });
    }
    for (int i = 0; i < 50; ++i)
      server.server->reload_certificates();
    CHECK(eventually([&] { return answered >= 50; }));
    for (int i = 0; i < 50; ++i)
      server.server->reload_certificates();
    stop = true;
    for (std::thread& client : clients)
      client.join();
    CHECK(lost == 0);
  }

  TEST_CASE("reload: a session is resumed at any loop, and after a reload") {
    ReloadedServer server(2);
    detail::SslSessionPtr ticket;
    int resumed = 0;
    for (int i = 0; i < 12; ++i) {
      RawClient client = server.server.connect();
      REQUIRE(client.start_tls(server.trusting, "first.test", std::move(ticket)));
      resumed += client.tls().is_resumed() ? 1 : 0;
      CHECK(client.request(get("/")).status == 200);
      ticket = client.tls().take_resumable();
      if (i == 6) server.server->reload_certificates();
    }
    CHECK(resumed == 11);
  }
}

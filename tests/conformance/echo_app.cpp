// SPDX-License-Identifier: BSL-1.0
// Answers any method on any path with 200 and the request's body: for probing the HTTP core.
// usage: echo_app --port N [--loops N] [--tls]
// With --tls it makes itself a certificate for "localhost".
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>

#include "coroute/server/server.hpp"
#include "support/test_certificates.hpp"

namespace {

coroute::Async<coroute::Response> echo(coroute::Request& request) {
  const std::string_view body = co_await request.body();
  co_return coroute::text(std::string(body));
}

unsigned number_after(int argc, char** argv, std::string_view flag, unsigned fallback) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == flag) std::from_chars(argv[i + 1], argv[i + 1] + std::strlen(argv[i + 1]), fallback);
  }
  return fallback;
}

bool has_flag(int argc, char** argv, std::string_view flag) {
  return std::any_of(argv + 1, argv + argc, [&](const char* argument) { return argument == flag; });
}

}  // namespace

int main(int argc, char** argv) {
  coroute::ServerOptions options;
  options.port = static_cast<std::uint16_t>(number_after(argc, argv, "--port", 8000));
  options.loops = number_after(argc, argv, "--loops", 1);
  std::optional<coroute::test::TestAuthority> authority;
  if (has_flag(argc, argv, "--tls")) {
    authority.emplace();
    options.tls = coroute::TlsServerOptions{.identity = authority->issue()};
    // Python's ssl, with which the server is probed, gives TLS up when it half-closes, and would show tickets as bytes.
    options.tls->ticket_key_lifetime = std::chrono::seconds(0);
  }
  coroute::Server server(&echo, std::move(options));
  server.run();
  return 0;
}

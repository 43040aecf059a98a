// SPDX-License-Identifier: BSL-1.0
// Answers any method on any path with 200 and the request's body: for probing the HTTP core.
// usage: echo_app --port N [--loops N]
#include <charconv>
#include <cstring>
#include <iostream>
#include <string_view>

#include "coroute/server/server.hpp"

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

}  // namespace

int main(int argc, char** argv) {
  coroute::ServerOptions options;
  options.port = static_cast<std::uint16_t>(number_after(argc, argv, "--port", 8000));
  options.loops = number_after(argc, argv, "--loops", 1);
  coroute::Server server(&echo, std::move(options));
  server.run();
  return 0;
}

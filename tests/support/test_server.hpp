// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A real server on a free loopback port, for as long as a test needs it.
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "coroute/server/server.hpp"
#include "support/raw_client.hpp"

namespace coroute::test {

class TestServer {
 public:
  /// `options`: host and port are set here; `loops` is 1 unless given.
  explicit TestServer(Handler handler, ServerOptions options = {})
      : server_(std::move(handler), on_free_port(std::move(options))) {
    server_.start();
  }
  ~TestServer() {
    server_.stop();
    server_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Server& operator*() noexcept { return server_; }
  Server* operator->() noexcept { return &server_; }
  std::uint16_t port() const noexcept { return server_.port(); }

  RawClient connect(RawClient::Options options = {}) const { return RawClient(port(), options); }
  /// One request on a connection of its own.
  RawResponse request(std::string_view bytes) const { return connect().request(bytes); }

 private:
  static ServerOptions on_free_port(ServerOptions options) {
    options.host = "127.0.0.1";
    options.port = 0;
    if (options.loops == 0) options.loops = 1;
    return options;
  }

  Server server_;
};

/// Waits until `condition` holds, which other threads bring about; false when it doesn't within 10 seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace coroute::test

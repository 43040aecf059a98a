// SPDX-License-Identifier: BSL-1.0
// The client's WebSockets against a server made by others; skipped where Python's websockets is not installed.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/subprocess.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "support/real_time_test.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// The process of websocket_peer.py; ends with this.
class Peer {
 public:
  /// Nothing when there is no Python with websockets.
  static Async<std::optional<Peer>> start(std::optional<TlsIdentity> identity = std::nullopt) {
    std::vector<std::string> arguments{COROUTE_WEBSOCKET_PEER};
    if (identity) {
      arguments.push_back(identity->certificate_file);
      arguments.push_back(identity->private_key_file);
    }
    const auto options = SubprocessOptions().std_in(Stdio::Pipe).std_out(Stdio::Pipe);
    // Debian's packages are for Debian's Python, whichever else may stand first in the PATH.
    for (const std::string python : {"/usr/bin/python3", "python3"}) {
      std::vector<std::string> command = arguments;
      command.insert(command.begin(), python);
      Process process = co_await create_subprocess_exec(command, options);
      const std::string line = co_await process.std_out().readline();
      if (!line.empty()) co_return Peer(std::move(process), line.substr(0, line.size() - 1), identity.has_value());
      co_await process.wait();
    }
    MESSAGE("skipped: no Python with websockets");
    co_return std::nullopt;
  }

  std::string url(const std::string& path) const {
    return (secure_ ? "wss://localhost:" : "ws://127.0.0.1:") + port_ + path;
  }

 private:
  Peer(Process process, std::string port, bool secure)
      : process_(std::move(process)), port_(std::move(port)), secure_(secure) {}

  Process process_;
  std::string port_;
  bool secure_;
};

Async<std::string> next_text(WebSocket& ws) {
  const std::optional<std::string> text = co_await ws.receive_text();
  co_return text.value_or("(closed)");
}

/// Pseudo-random, so that it compresses badly and every loss shows.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return bytes;
}

Async<void> check_echo(const Client& client, std::string url, bool compresses) {
  WebSocket ws = co_await client.websocket(url).compression(compresses).max_message_bytes(16 * 1024 * 1024);
  CHECK(ws.is_compressed() == compresses);
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 125, 126, 127, 65535, 65536, 8 * 1024 * 1024}) {
    CAPTURE(size);
    const std::string bytes = noise(size);
    co_await ws.send_bytes(bytes);
    const std::optional<std::string> back = co_await ws.receive_bytes();
    const bool same = back == bytes;
    CHECK(same);
    const std::string text(size, 'x');
    co_await ws.send_text(text);
    const std::string text_back = co_await next_text(ws);
    const bool same_text = text_back == text;
    CHECK(same_text);
  }
  co_await ws.close();
  CHECK(ws.close_code() == WebSocketCloseCode::NormalClosure);
}

}  // namespace

TEST_SUITE_BEGIN("client");

LOOP_TEST_CASE("websocket peer: text and binary messages of every length come back") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  co_await check_echo(client, peer->url("/plain"), false);
}

TEST_SUITE_END();

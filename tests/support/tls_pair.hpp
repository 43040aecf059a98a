// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A TLS client and a TLS server in one thread.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "tls/session.hpp"

namespace coroute::test {

/// Two ends of a connection in one thread.
class Sockets {
 public:
  Sockets() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) == 0); }
  ~Sockets() {
    close_client();
    close_server();
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  int client() const { return ends_[0]; }
  int server() const { return ends_[1]; }
  void close_client() { close_one(ends_[0]); }
  void close_server() { close_one(ends_[1]); }

 private:
  static void close_one(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

struct Handshake {
  detail::TlsStatus client = detail::TlsStatus::WantRead;
  detail::TlsStatus server = detail::TlsStatus::WantRead;
};

inline bool is_over(detail::TlsStatus status) {
  return status != detail::TlsStatus::WantRead && status != detail::TlsStatus::WantWrite;
}

/// Lets both sides go on in turn until neither can.
inline Handshake shake_hands(detail::TlsSession& client, detail::TlsSession& server) {
  Handshake result;
  for (int i = 0; i < 20 && !(is_over(result.client) && is_over(result.server)); ++i) {
    if (!is_over(result.client)) result.client = client.handshake();
    if (!is_over(result.server)) result.server = server.handshake();
  }
  return result;
}

inline std::string receive(detail::TlsSession& from) {
  std::array<char, 256> buffer{};
  const detail::TlsTransfer got = from.read(buffer.data(), buffer.size());
  return got.status == detail::TlsStatus::Done ? std::string(buffer.data(), got.size) : "nothing";
}

}  // namespace coroute::test

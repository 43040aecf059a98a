// SPDX-License-Identifier: BSL-1.0
#include "listener.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "connection.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "trusted_peers.hpp"

namespace coroute::detail {
namespace {

constexpr std::chrono::milliseconds pause_without_descriptors{100};
constexpr int accepts_per_turn = 64;

constexpr std::string_view overload_answer =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n";

PeerAddress to_peer(const sockaddr_storage& address) {
  PeerAddress peer;
  IpAddress bytes{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    bytes[10] = bytes[11] = 0xFF;
    std::memcpy(bytes.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
    peer.port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    peer.port = ntohs(v6.sin6_port);
  } else {
    return peer;
  }
  peer.host = to_string(bytes);
  return peer;
}

}  // namespace

Listener::Listener(Worker& worker, int socket) : worker_(worker), io_(worker.loop(), socket) {
  open_spare();
}

Listener::~Listener() {
  if (spare_ >= 0) close(spare_);
}

void Listener::open_spare() {
  if (spare_ < 0) spare_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

Async<void> Listener::accept_connections() {
  while (true) {
    Outcome outcome = Outcome::Accepted;
    for (int i = 0; i < accepts_per_turn && outcome == Outcome::Accepted; ++i)
      outcome = accept_one();
    if (outcome == Outcome::Accepted) {
      co_await sleep(Clock::duration::zero());
    } else if (outcome == Outcome::WouldBlock) {
      io_.clear_readable();
      co_await io_.wait_readable();
    } else {
      refuse_with_spare();
      co_await sleep(pause_without_descriptors);
      open_spare();
    }
  }
}

/// A client whose SYN is dropped tries again a second later, and finds the port closed or a successor.
void Listener::refuse_handshakes() noexcept {
  constexpr unsigned flags_offset = 13;  // in the TCP header, where filters of TCP sockets begin
  constexpr unsigned syn = 0x02;
  constexpr unsigned whole_packet = 0xFFFFFFFF;
  std::array<sock_filter, 4> drop_syn{{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_offset),
                                       BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, syn, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
                                       BPF_STMT(BPF_RET | BPF_K, whole_packet)}};
  const sock_fprog program{drop_syn.size(), drop_syn.data()};
  // Where filters are not allowed, clients that connect just when the socket closes are reset.
  setsockopt(io_.descriptor(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void Listener::accept_pending() {
  while (accept_one() == Outcome::Accepted) {
  }
}

Listener::Outcome Listener::accept_one() {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const int socket =
      accept4(io_.descriptor(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket >= 0) {
    welcome(socket, &address);
    return Outcome::Accepted;
  }
  switch (errno) {
    case EAGAIN:
      return Outcome::WouldBlock;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Outcome::OutOfDescriptors;
    default:
      return Outcome::Accepted;  // this one is gone (ECONNABORTED and its like), look for the next
  }
}

void Listener::welcome(int socket, const void* address) {
  ServerState& server = worker_.server();
  if (server.connections.load(std::memory_order_relaxed) >= server.max_connections) {
    // A TLS client would take the answer for garbage; it gets none.
    if (!worker_.tls()) {
      [[maybe_unused]] const ssize_t sent = send(socket, overload_answer.data(), overload_answer.size(), MSG_NOSIGNAL);
    }
    shutdown(socket, SHUT_WR);
    close(socket);
    return;
  }
  try {
    auto connection =
        std::make_unique<Connection>(worker_, socket, to_peer(*static_cast<const sockaddr_storage*>(address)));
    start_task(worker_.loop(), Connection::serve(std::move(connection)), {}, nullptr);
  } catch (const std::exception&) {
    // No memory or no room in epoll: the connection is closed, the server goes on.
  }
}

/// The client that can't be served learns so at once instead of waiting in the kernel's queue.
void Listener::refuse_with_spare() noexcept {
  if (spare_ < 0) return;
  close(spare_);
  spare_ = -1;
  const int socket = accept4(io_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
  if (socket >= 0) close(socket);
  open_spare();
}

}  // namespace coroute::detail

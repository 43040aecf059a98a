// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A server that sends whatever bytes a test wants, right or wrong, on blocking sockets and a thread per connection.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tls/session.hpp"

namespace coroute::test {

/// One accepted connection. The peer sees it closed when the script returns.
class RawConnection {
 public:
  RawConnection(int socket, std::size_t place) noexcept : number(place), socket_(socket) {}
  ~RawConnection() {
    tls_.reset();
    close(socket_);
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// From now on everything goes through TLS. False: the peer didn't agree.
  bool accept_tls(const detail::TlsContext& context) {
    tls_ = std::make_unique<detail::TlsSession>(context, socket_);
    return tls_->handshake() == detail::TlsStatus::Done;
  }
  detail::TlsSession& tls() { return *tls_; }

  /// The next request with its body (by content-length); empty when the peer has closed.
  std::string read_request() {
    while (true) {
      const std::size_t head_end = input_.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const std::size_t size = head_end + 4 + content_length(input_.substr(0, head_end));
        if (input_.size() >= size) {
          std::string request = input_.substr(0, size);
          input_.erase(0, size);
          return request;
        }
      }
      if (!receive()) return {};
    }
  }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = tls_ ? static_cast<ssize_t>(tls_->write(bytes).size)
                                : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// All that comes until the peer has closed.
  std::string read_all() {
    while (receive()) {
    }
    return std::exchange(input_, {});
  }
  /// Returns when the peer has closed.
  void wait_for_close() {
    while (receive())
      input_.clear();
  }
  /// The same, or after that time.
  void wait_for_close(std::chrono::milliseconds longest) {
    pollfd wait{socket_, POLLIN, 0};
    poll(&wait, 1, static_cast<int>(longest.count()));
  }
  /// Takes so many bytes, a megabyte at a time with a pause before each.
  void read_slowly(std::size_t bytes, std::chrono::milliseconds pause) {
    for (std::size_t until_pause = 0; bytes > 0;) {
      if (until_pause == 0) {
        std::this_thread::sleep_for(pause);
        until_pause = 1024 * 1024;
      }
      if (!receive()) return;
      const std::size_t got = std::min(input_.size(), bytes);
      bytes -= got;
      until_pause -= std::min(until_pause, got);
      input_.clear();
    }
  }
  /// What closes it when the script returns is RST instead of FIN.
  void close_by_reset() const {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  /// Nothing more is sent.
  void end_sending() const { shutdown(socket_, SHUT_WR); }
  /// Closes gently although the peer still sends: reads and drops that.
  void close_gently() {
    end_sending();
    wait_for_close();
  }

  /// Connects to that port of this machine and carries bytes both ways until one side closes.
  void relay_to(std::uint16_t port) {
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    REQUIRE(connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    while (carry(socket_, other) && carry(other, socket_)) {
      pollfd both[2] = {{socket_, POLLIN, 0}, {other, POLLIN, 0}};
      poll(both, 2, -1);
    }
    close(other);
  }

  const std::size_t number;  ///< Of the connections of this server, from 0.

 private:
  /// What there is now. False: closed.
  static bool carry(int from, int to) {
    char buffer[16 * 1024];
    const ssize_t count = recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN;
    return count > 0 && ::send(to, buffer, static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
  }
  static std::size_t content_length(std::string_view head) {
    const std::size_t at = head.find("content-length: ");
    return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + 16, nullptr, 10);
  }
  bool receive() {
    char buffer[16 * 1024];
    const ssize_t count =
        tls_ ? static_cast<ssize_t>(tls_->read(buffer, sizeof buffer).size) : recv(socket_, buffer, sizeof buffer, 0);
    if (count > 0) input_.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }
  int socket_;
  std::unique_ptr<detail::TlsSession> tls_;
  std::string input_;
};

class RawServer {
 public:
  using Script = std::function<void(RawConnection&)>;

  /// `script` runs for each connection, on a thread of its own.
  explicit RawServer(Script script) : RawServer(std::move(script), listen_on_loopback(64)) {}
  /// Takes over a socket that listens.
  RawServer(Script script, int listener) : script_(std::move(script)), listener_(listener) {
    accepting_ = std::thread([this] { accept_connections(); });
  }
  ~RawServer() {
    ending_ = true;
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    {
      const std::lock_guard lock(mutex_);
      for (Served& served : served_)
        if (served.socket >= 0) shutdown(served.socket, SHUT_RDWR);
    }
    for (Served& served : served_)
      served.thread.join();
    close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_of(listener_); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  /// Connections so far, and connections right now.
  std::size_t accepted() const noexcept { return accepted_; }
  std::size_t open() const noexcept { return open_; }

  static int listen_on_loopback(int backlog) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener, backlog) == 0);
    return listener;
  }
  /// `path` may begin with NUL: an abstract name.
  static int listen_on_unix(const std::string& path, int backlog = 64) {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    const std::size_t size = offsetof(sockaddr_un, sun_path) + path.size() + (path.front() == '\0' ? 0 : 1);
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) == 0);
    REQUIRE(listen(listener, backlog) == 0);
    return listener;
  }
  static std::uint16_t port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
  }

 private:
  struct Served {
    std::thread thread;
    int socket = -1;
  };

  void accept_connections() {
    while (!ending_) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard lock(mutex_);
      Served& served = served_.emplace_back();
      served.socket = socket;
      ++open_;
      served.thread = std::thread([this, &served, socket, number = accepted_++] { serve(served, socket, number); });
    }
  }
  void serve(Served& served, int socket, std::size_t number) {
    RawConnection connection(socket, number);
    script_(connection);
    const std::lock_guard lock(mutex_);
    served.socket = -1;  // the number may soon be another socket's
    --open_;
  }

  Script script_;
  int listener_;
  std::atomic<bool> ending_{false};
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::size_t> open_{0};
  std::mutex mutex_;
  std::list<Served> served_;
  std::thread accepting_;
};

}  // namespace coroute::test

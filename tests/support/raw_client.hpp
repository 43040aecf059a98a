// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A blocking HTTP/1.1 client that sends exactly the bytes it is given, plain or through TLS, for tests of a server. No
/// receive waits for ever.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tls/session.hpp"

namespace coroute::test {

struct RawResponse {
  int status = 0;
  std::string version;                                       ///< "HTTP/1.1"
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names as they came.
  std::string body;
  bool complete = true;  ///< False: the connection ended before the announced end of the body.

  std::optional<std::string> header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  bool closes() const { return header("connection") == "close"; }
};

class RawClient {
 public:
  struct Options {
    std::chrono::milliseconds timeout{10'000};  ///< Of each wait for bytes.
    int receive_buffer = 0;                     ///< SO_RCVBUF; 0: the system's.
    std::chrono::milliseconds pause_between_receives{0};
  };

  /// Connects to 127.0.0.1; throws std::system_error.
  explicit RawClient(std::uint16_t port) : RawClient(port, Options()) {}
  RawClient(std::uint16_t port, Options options) : RawClient(options) { connect_to(port); }
  /// Has a socket, but is not connected yet.
  explicit RawClient(Options options) : options_(options), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) throw_errno("socket");
    if (options.receive_buffer == 0) return;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
  }
  ~RawClient() { close(); }
  RawClient(RawClient&& other) noexcept
      : options_(other.options_),
        socket_(std::exchange(other.socket_, -1)),
        tls_(std::move(other.tls_)),
        received_(std::move(other.received_)),
        ended_(other.ended_) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient& operator=(RawClient&&) = delete;

  void connect_to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw_errno("connect");
  }

  /// From now on everything goes through TLS. False: the handshake has failed, `tls().error()` says why.
  bool start_tls(const detail::TlsContext& context, const std::string& host = "localhost",
                 detail::SslSessionPtr session = nullptr) {
    const timeval limit{options_.timeout.count() / 1000, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    tls_ = std::make_unique<detail::TlsSession>(context, socket_);
    tls_->set_peer(host);
    tls_->resume(std::move(session));
    return tls_->handshake() == detail::TlsStatus::Done;
  }
  detail::TlsSession& tls() { return *tls_; }

  /// All of it; throws std::system_error.
  void send(std::string_view bytes) {
    if (!try_send(bytes)) throw_errno("send");
  }
  /// False when the server doesn't take it any more.
  bool try_send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (tls_) {
        const detail::TlsTransfer sent = tls_->write(bytes);
        if (sent.status != detail::TlsStatus::Done) return false;
        bytes.remove_prefix(sent.size);
        continue;
      }
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// The next response, framed by content-length, chunks or the end of the connection. `to_head`: it answers HEAD.
  /// std::runtime_error when none comes. Interim responses (1xx) are given like any other.
  RawResponse receive(bool to_head = false) {
    const std::size_t head_end = wait_for("\r\n\r\n");
    RawResponse response = parse_head(take(head_end + 4));
    const bool without_body = to_head || response.status < 200 || response.status == 204 || response.status == 304;
    if (without_body) return response;
    if (response.header("transfer-encoding") == "chunked") {
      receive_chunks(response);
    } else if (const auto length = response.header("content-length")) {
      receive_bytes(response, number(*length, 10));
    } else {
      while (receive_more()) {
      }
      response.body = take(received_.size());
    }
    return response;
  }
  RawResponse request(std::string_view bytes) {
    send(bytes);
    return receive();
  }

  /// What has come, at least a byte; empty at the end of the connection.
  std::string receive_some() {
    if (received_.empty()) receive_more();
    return take(received_.size());
  }
  /// Everything up to the end of the connection.
  std::string receive_all() {
    while (receive_more()) {
    }
    return take(received_.size());
  }
  /// Waits for the end of the connection; false when bytes come instead.
  bool closed_silently() { return receive_all().empty(); }
  /// The end was a reset instead of an orderly close. To be asked after the end.
  bool was_reset() const { return reset_; }
  /// TLS was told before the end that nothing follows. To be asked after the end.
  bool was_told_of_end() const { return told_of_end_; }
  /// Whether bytes or the end arrive within `time`.
  bool something_arrives(std::chrono::milliseconds time) const { return !received_.empty() || poll_readable(time); }

  void half_close() { shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Ends the connection by RST.
  void reset() {
    const linger abort{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close();
  }

 private:
  [[noreturn]] static void throw_errno(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
  }

  static std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end == text.data()) throw std::runtime_error("no number: " + std::string(text));
    return value;
  }

  std::string take(std::size_t size) {
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  bool poll_readable(std::chrono::milliseconds time) const {
    pollfd wait{socket_, POLLIN, 0};
    return poll(&wait, 1, static_cast<int>(time.count())) > 0;
  }

  /// False at the end of the connection.
  bool receive_more() {
    if (ended_) return false;
    if (tls_) return receive_more_tls();
    if (!poll_readable(options_.timeout)) throw std::runtime_error("nothing received in time");
    std::this_thread::sleep_for(options_.pause_between_receives);
    char buffer[64 * 1024];
    const ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
    if (count > 0) {
      received_.append(buffer, static_cast<std::size_t>(count));
      return true;
    }
    ended_ = true;
    reset_ = count < 0;
    return false;
  }

  bool receive_more_tls() {
    char buffer[64 * 1024];
    const detail::TlsTransfer got = tls_->read(buffer, sizeof buffer);
    if (got.status == detail::TlsStatus::WantRead) throw std::runtime_error("nothing received in time");
    received_.append(buffer, got.size);
    ended_ = got.status != detail::TlsStatus::Done;
    told_of_end_ = got.status == detail::TlsStatus::Closed;
    return !ended_;
  }

  std::size_t wait_for(std::string_view mark) {
    while (true) {
      const std::size_t found = received_.find(mark);
      if (found != std::string::npos) return found;
      if (!receive_more()) throw std::runtime_error("connection ended, received: '" + received_ + "'");
    }
  }

  static RawResponse parse_head(std::string_view head) {
    RawResponse response;
    std::size_t line_end = head.find("\r\n");
    const std::string_view status_line = head.substr(0, line_end);
    response.version = status_line.substr(0, 8);
    response.status = static_cast<int>(number(status_line.substr(9, 3), 10));
    while (true) {
      head.remove_prefix(line_end + 2);
      line_end = head.find("\r\n");
      if (line_end == 0) return response;
      const std::string_view line = head.substr(0, line_end);
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos) throw std::runtime_error("bad field: " + std::string(line));
      response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }

  void receive_bytes(RawResponse& response, std::size_t size) {
    while (received_.size() < size && receive_more()) {
    }
    response.complete = received_.size() >= size;
    response.body += take(std::min(size, received_.size()));
  }

  void receive_chunks(RawResponse& response) {
    while (true) {
      const std::size_t line_end = wait_for("\r\n");
      const std::size_t size = number(take(line_end + 2), 16);
      receive_bytes(response, size);
      wait_for("\r\n");
      take(2);
      if (size == 0 || !response.complete) return;
    }
  }

  Options options_;
  int socket_;
  std::unique_ptr<detail::TlsSession> tls_;
  std::string received_;
  bool ended_ = false;
  bool told_of_end_ = false;
  bool reset_ = false;
};

/// A request without a body.
inline std::string get(std::string_view path, std::string_view more_fields = {}) {
  std::string request = "GET ";
  return request.append(path).append(" HTTP/1.1\r\nhost: test\r\n").append(more_fields).append("\r\n");
}

/// A request whose body has the given length, and which ends before that.
inline std::string post_head(std::string_view path, std::size_t content_length, std::string_view more_fields = {}) {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nhost: test\r\ncontent-length: ").append(std::to_string(content_length));
  return request.append("\r\n").append(more_fields).append("\r\n");
}

inline std::string post(std::string_view path, std::string_view body, std::string_view more_fields = {}) {
  return post_head(path, body.size(), more_fields).append(body);
}

/// The head of a request with a chunked body.
inline std::string chunked_head(std::string_view path, std::string_view more_fields = {}) {
  std::string request = "POST ";
  return request.append(path)
      .append(" HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n")
      .append(more_fields)
      .append("\r\n");
}

}  // namespace coroute::test

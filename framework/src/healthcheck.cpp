// SPDX-License-Identifier: BSL-1.0
#include "healthcheck.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace coroute::detail {
namespace {

using std::chrono::steady_clock;

std::string reachable(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" || host == "[::]" ? "::1" : host;
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::generic_category().message(error));
}

class Probe {
 public:
  Probe(const addrinfo& address, steady_clock::time_point deadline)
      : socket_(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), deadline_(deadline) {
    if (socket_ < 0) fail("socket", errno);
  }
  ~Probe() { close(socket_); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  void connect_to(const addrinfo& address) {
    if (connect(socket_, address.ai_addr, address.ai_addrlen) == 0) return;
    if (errno != EINPROGRESS) fail("connect", errno);
    wait(POLLOUT);
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) fail("connect", error);
  }

  void send_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else {
        wait_after_error("send", POLLOUT);
      }
    }
  }

  std::string receive(std::size_t bytes) {
    std::string text(bytes, '\0');
    std::size_t filled = 0;
    while (filled < bytes) {
      const ssize_t received = recv(socket_, text.data() + filled, bytes - filled, 0);
      if (received == 0) throw std::runtime_error("the connection was closed without an answer");
      if (received > 0) {
        filled += static_cast<std::size_t>(received);
      } else {
        wait_after_error("receive", POLLIN);
      }
    }
    return text;
  }

 private:
  void wait_after_error(const char* what, short events) {
    if (errno != EAGAIN && errno != EINTR) fail(what, errno);
    wait(events);
  }

  void wait(short events) {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_clock::now());
      pollfd waiting{socket_, events, 0};
      const int ready = poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (ready > 0) return;
      if (ready == 0) throw std::runtime_error("no answer in time");
    }
  }

  int socket_;
  steady_clock::time_point deadline_;
};

int ask(const addrinfo& address, const std::string& authority, steady_clock::time_point deadline) {
  Probe probe(address, deadline);
  probe.connect_to(address);
  probe.send_all("GET /healthz HTTP/1.1\r\nhost: " + authority + "\r\nconnection: close\r\n\r\n");
  const std::string answer = probe.receive(std::string_view("HTTP/1.1 200").size());
  const char* const digits = answer.data() + answer.size() - 3;
  int status = 0;
  const auto end = std::from_chars(digits, digits + 3, status).ptr;
  if (!answer.starts_with("HTTP/1.") || end != digits + 3 || status < 100) {
    throw std::runtime_error("the answer is not HTTP");
  }
  return status;
}

}  // namespace

int ask_health(const std::string& unix_socket, std::chrono::milliseconds limit) {
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  if (unix_socket.size() >= sizeof place.sun_path) throw std::runtime_error("the path is too long");
  std::memcpy(place.sun_path, unix_socket.data(), unix_socket.size());
  addrinfo address{};
  address.ai_family = AF_UNIX;
  address.ai_addr = reinterpret_cast<sockaddr*>(&place);
  address.ai_addrlen = sizeof place;
  return ask(address, "localhost", steady_clock::now() + limit);
}

int ask_health(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  const std::string name = reachable(host);
  const std::string service = std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), service.c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error(gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  const std::string authority = (name.find(':') == std::string::npos ? name : "[" + name + "]") + ":" + service;
  for (const addrinfo* address = found;; address = address->ai_next) {
    try {
      return ask(*address, authority, deadline);
    } catch (const std::runtime_error&) {
      if (!address->ai_next) throw;
    }
  }
}

}  // namespace coroute::detail

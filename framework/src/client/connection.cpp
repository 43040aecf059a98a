// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace coroute::detail {

ClientConnection::Received ClientConnection::receive(char* buffer, std::size_t size) noexcept {
  if (!io_.is_readable()) return {Outcome::WouldBlock};
  const ssize_t count = recv(io_.descriptor(), buffer, size, 0);
  if (count > 0) {
    const auto received = static_cast<std::size_t>(count);
    if (received < size) io_.clear_readable();
    return {Outcome::Progress, received};
  }
  if (count < 0 && errno == EINTR) return {Outcome::WouldBlock};
  if (count == 0 || errno != EAGAIN) return {Outcome::Closed};
  io_.clear_readable();
  return {Outcome::WouldBlock};
}

ClientConnection::Outcome ClientConnection::send(std::string_view& head, std::string_view& body) noexcept {
  while (!head.empty() || !body.empty()) {
    std::array<iovec, 2> parts{
        {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = sendmsg(io_.descriptor(), &message, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Outcome::Closed;
      io_.clear_writable();
      return Outcome::WouldBlock;
    }
    const auto sent = static_cast<std::size_t>(count);
    const std::size_t of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(sent - of_head);
  }
  return Outcome::Progress;
}

int ClientConnection::pending_error() const noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(io_.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool ClientConnection::is_quiet() noexcept {
  char byte = 0;
  const bool quiet = recv(io_.descriptor(), &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
  if (quiet) io_.clear_readable();
  return quiet;
}

}  // namespace coroute::detail

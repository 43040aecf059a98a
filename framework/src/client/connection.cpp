// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace coroute::detail {
namespace {

ssize_t send_parts(int socket, std::string_view head, std::string_view body) noexcept {
  if (body.empty()) return send(socket, head.data(), head.size(), MSG_NOSIGNAL);  // cheaper for the kernel
  std::array<iovec, 2> parts{
      {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace

ClientConnection::~ClientConnection() {
  if (tls_) tls_->shut_down();
}

void ClientConnection::start_tls(const TlsContext& context, const std::string& host, SslSessionPtr resumable) {
  tls_ = std::make_unique<TlsSession>(context, io_.descriptor());
  tls_->set_peer(host);
  tls_->resume(std::move(resumable));
}

ClientConnection::Outcome ClientConnection::handshake() noexcept {
  return outcome_of(tls_->handshake());
}

/// What TLS waits for has been looked for in vain: the next edge is waited for.
ClientConnection::Outcome ClientConnection::outcome_of(TlsStatus status) noexcept {
  tls_wants_write_ = status == TlsStatus::WantWrite;
  switch (status) {
    case TlsStatus::Done:
      return Outcome::Progress;
    case TlsStatus::WantRead:
      io_.clear_readable();
      return Outcome::WouldBlock;
    case TlsStatus::WantWrite:
      io_.clear_writable();
      return Outcome::WouldBlock;
    case TlsStatus::Closed:
      properly_closed_ = true;
      return Outcome::Closed;
    case TlsStatus::Truncated:
    case TlsStatus::Failed:
      break;
  }
  return Outcome::Closed;
}

ClientConnection::Received ClientConnection::receive(char* buffer, std::size_t size) noexcept {
  if (!tls_) return receive_plain(buffer, size);
  if (!has_input() && !tls_wants_write_) return {Outcome::WouldBlock};
  const TlsTransfer got = tls_->read(buffer, size);
  return {outcome_of(got.status), got.size};
}

ClientConnection::Received ClientConnection::receive_plain(char* buffer, std::size_t size) noexcept {
  if (!io_.is_readable()) return {Outcome::WouldBlock};
  ssize_t count = 0;
  do {
    count = recv(io_.descriptor(), buffer, size, 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    const auto received = static_cast<std::size_t>(count);
    if (received < size) io_.clear_readable();
    return {Outcome::Progress, received};
  }
  properly_closed_ = count == 0;
  if (count == 0 || errno != EAGAIN) return {Outcome::Closed};
  io_.clear_readable();
  return {Outcome::WouldBlock};
}

ClientConnection::Outcome ClientConnection::send(std::string_view& head, std::string_view& body) noexcept {
  return tls_ ? send_tls(head, body) : send_plain(head, body);
}

ClientConnection::Outcome ClientConnection::send_tls(std::string_view& head, std::string_view& body) noexcept {
  for (std::string_view* const part : {&head, &body}) {
    while (!part->empty()) {
      const TlsTransfer sent = tls_->write(*part);
      if (sent.status == TlsStatus::WantRead) return Outcome::Closed;  // only renegotiation could want that
      if (sent.status != TlsStatus::Done) {
        const bool wanted_write = tls_wants_write_;
        const Outcome outcome = outcome_of(sent.status);
        tls_wants_write_ = wanted_write;
        return outcome;
      }
      part->remove_prefix(sent.size);
    }
  }
  return Outcome::Progress;
}

ClientConnection::Outcome ClientConnection::send_plain(std::string_view& head, std::string_view& body) noexcept {
  while (!head.empty() || !body.empty()) {
    const ssize_t count = send_parts(io_.descriptor(), head, body);
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
  if (tls_) return outcome_of(tls_->read(&byte, 1).status) == Outcome::WouldBlock;
  const bool quiet = recv(io_.descriptor(), &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
  if (quiet) io_.clear_readable();
  return quiet;
}

}  // namespace coroute::detail

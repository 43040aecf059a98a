// SPDX-License-Identifier: BSL-1.0
#include "byte_stream.hpp"

#include <sys/sendfile.h>

#include "coroute/asyncio/detail/sigpipe_block.hpp"

namespace coroute::detail {

ByteStream::~ByteStream() {
  if (tls_ && !ends_abruptly_) tls_->shut_down();
}

void ByteStream::start_tls(const TlsContext& context) {
  tls_ = std::make_unique<TlsSession>(context, io_.descriptor());
}

ByteStream::Outcome ByteStream::handshake() noexcept {
  return outcome_of(tls_->handshake());
}

/// What TLS waits for has been looked for in vain: the next edge is waited for.
ByteStream::Outcome ByteStream::outcome_of(TlsStatus status) noexcept {
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
      break;
    case TlsStatus::Truncated:
    case TlsStatus::Failed:
      break;
  }
  return Outcome::Closed;
}

ByteStream::Received ByteStream::receive_tls(char* buffer, std::size_t size) noexcept {
  if (!has_input()) return {Outcome::WouldBlock};
  const TlsTransfer got = tls_->read(buffer, size);
  const Outcome outcome = outcome_of(got.status);
  if (outcome == Outcome::Progress && tls_->is_drained()) io_.clear_readable();
  return {outcome, got.size};
}

ByteStream::Received ByteStream::peek(char* buffer, std::size_t size) noexcept {
  return receive_plain(buffer, size, MSG_PEEK);
}

ByteStream::Outcome ByteStream::send_tls(std::string_view& head, std::string_view& tail) noexcept {
  for (std::string_view* const part : {&head, &tail}) {
    while (!part->empty()) {
      const TlsTransfer sent = tls_->write(*part);
      if (sent.status == TlsStatus::WantWrite) {
        io_.clear_writable();
        return Outcome::WouldBlock;
      }
      if (sent.status != TlsStatus::Done) return Outcome::Closed;  // to want to read, only renegotiation could
      part->remove_prefix(sent.size);
    }
  }
  return Outcome::Progress;
}

ByteStream::SentFile ByteStream::send_file(int file, std::uint64_t offset, std::size_t count) noexcept {
  const SigpipeBlock no_signal;
  ssize_t sent = 0;
  do {
    auto from = static_cast<off_t>(offset);
    sent = sendfile(io_.descriptor(), file, &from, count);
  } while (sent < 0 && errno == EINTR);
  if (sent > 0) return {FileOutcome::Progress, static_cast<std::size_t>(sent)};
  if (sent == 0) return {FileOutcome::Ended};
  switch (errno) {
    case EAGAIN:
      io_.clear_writable();
      return {FileOutcome::WouldBlock};
    case EPIPE:
    case ECONNRESET:
    case ETIMEDOUT:
      return {FileOutcome::Closed};
    default:
      return {FileOutcome::Refused};  // where the fault is the connection's, `send` finds it
  }
}

/// All that TLS had for the last `receive` has been given out: what is there now is in the kernel.
bool ByteStream::has_unread() const noexcept {
  char first = 0;
  return recv(io_.descriptor(), &first, 1, MSG_PEEK) > 0;
}

void ByteStream::shut_down() noexcept {
  if (tls_) tls_->shut_down();
  shutdown(io_.descriptor(), SHUT_WR);
}

ByteStream::Received ByteStream::discard(char* buffer, std::size_t size) noexcept {
  return receive_plain(buffer, size);
}

void ByteStream::reset_on_close() noexcept {
  ends_abruptly_ = true;
  const linger abort{1, 0};
  setsockopt(io_.descriptor(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

}  // namespace coroute::detail

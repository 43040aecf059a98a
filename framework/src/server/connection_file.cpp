// SPDX-License-Identifier: BSL-1.0
// The part of a connection that has the kernel send files (sendfile(2)): nothing is copied to the process and back.
//
// sendfile waits for the disk, and the loop must not: so it is for pieces that the kernel says it has in memory. What
// it doesn't have, or can't tell of (overlayfs, tmpfs), a thread reads; to have that only load it would cost more than
// it saves.
#include <algorithm>
#include <string>
#include <utility>

#include "connection.hpp"
#include "http/file_body.hpp"

namespace coroute::detail {
namespace {

std::string read_piece(const std::shared_ptr<const FileBody>& body, std::uint64_t offset, std::size_t count) {
  return body->file().read(offset, count);
}

}  // namespace

/// Null: what is sent isn't a file as it is, or goes through TLS.
std::shared_ptr<const FileBody> Connection::file_to_send(const Response& response) const noexcept {
  return stream_.is_secure() || response.trailers() ? nullptr : FileBody::of(response);
}

/// False: the body is not complete, nothing can follow on the connection.
Async<bool> Connection::send_file(std::shared_ptr<const FileBody> body) {
  for (const FileBody::Section& section : body->sections()) {
    exchange_->output.append(section.text);
    exchange_->streamed_bytes += section.text.size();
    if (section.size == 0) continue;
    std::string_view none;
    bool sent = try_flush(none);
    if (!sent) sent = co_await flush_rest(none);
    if (sent) sent = co_await send_range(body, section.offset, section.size);
    if (!sent) co_return false;
  }
  co_return true;
}

Async<bool> Connection::send_range(std::shared_ptr<const FileBody> body, std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t end = offset + size;
  bool sent = true;
  while (sent && offset < end) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(FileBody::piece_bytes, end - offset));
    if (body->file().is_cached(offset, count)) {
      sent = co_await send_cached(body, offset, count);
    } else {
      sent = co_await send_read(body, offset, count);
    }
    offset += count;
    if (sent) co_await stream_.wait_writable();  // it may be; but from time to time others get a turn
  }
  co_return sent;
}

/// By sendfile.
Async<bool> Connection::send_cached(std::shared_ptr<const FileBody> body, std::uint64_t offset, std::size_t count) {
  bool goes_on = !drain_ended_;
  while (goes_on && count > 0) {
    const ByteStream::SentFile sent = stream_.send_file(body->file().descriptor(), offset, count);
    offset += sent.size;
    count -= sent.size;
    exchange_->streamed_bytes += sent.size;
    switch (sent.outcome) {
      case ByteStream::FileOutcome::Progress:
        break;
      case ByteStream::FileOutcome::WouldBlock:
        goes_on = co_await wait_for_client();
        break;
      case ByteStream::FileOutcome::Refused:
        goes_on = co_await send_read(body, offset, count);
        count = 0;
        break;
      case ByteStream::FileOutcome::Ended:
        throw FileBecameShorter();
      case ByteStream::FileOutcome::Closed:
        client_left_ = true;
        goes_on = false;
        break;
    }
  }
  co_return goes_on;
}

/// On a thread, and then as any other bytes.
Async<bool> Connection::send_read(std::shared_ptr<const FileBody> body, std::uint64_t offset, std::size_t count) {
  const std::string piece = co_await to_thread(file_pool(), &read_piece, body, offset, count);
  if (client_left_ || drain_ended_) co_return false;
  exchange_->streamed_bytes += piece.size();
  std::string_view tail = piece;
  bool sent = try_flush(tail);
  if (!sent) sent = co_await flush_rest(tail);
  co_return sent;
}

}  // namespace coroute::detail

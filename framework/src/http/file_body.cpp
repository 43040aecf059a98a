// SPDX-License-Identifier: BSL-1.0
#include "http/file_body.hpp"

#include <algorithm>
#include <utility>

#include "http/response_stream.hpp"

namespace coroute::detail {
namespace {

std::string read_piece(const std::shared_ptr<const FileBody>& body, std::uint64_t offset, std::size_t count) {
  return body->file().read(offset, count);
}

/// From memory at once, as nginx does; a thread is only for what the disk must bring.
AsyncGenerator<std::string> read_by_pieces(std::shared_ptr<const FileBody> body) {
  for (const FileBody::Section& section : body->sections()) {
    if (!section.text.empty()) co_yield section.text;
    const std::uint64_t end = section.offset + section.size;
    for (std::uint64_t offset = section.offset; offset < end;) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(FileBody::piece_bytes, end - offset));
      std::string piece = body->file().read_cached(offset, count);
      if (piece.empty()) piece = co_await to_thread(file_pool(), &read_piece, body, offset, count);
      offset += piece.size();
      co_yield std::move(piece);
    }
  }
}

}  // namespace

std::uint64_t FileBody::size() const noexcept {
  std::uint64_t sum = 0;
  for (const Section& section : sections_)
    sum += section.text.size() + section.size;
  return sum;
}

std::string FileBody::read() const {
  std::string bytes;
  for (const Section& section : sections_) {
    bytes += section.text;
    if (section.size > 0) bytes += file_.read(section.offset, static_cast<std::size_t>(section.size));
  }
  return bytes;
}

void FileBody::stream(Response& response, std::shared_ptr<const FileBody> body) {
  const std::uint64_t size = body->size();
  response.set_stream(read_by_pieces(body), size);
  response.stream_->file = std::move(body);
}

std::shared_ptr<const FileBody> FileBody::of(const Response& response) noexcept {
  return response.stream_ ? response.stream_->file : nullptr;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "memory_body.hpp"

#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/http/http_exception.hpp"

namespace coroute::detail {

MemoryBody::MemoryBody(std::vector<std::string> pieces, bool chunked, Headers trailers, std::uint64_t limit)
    : pieces_(std::move(pieces)), chunked_(chunked), trailers_(std::move(trailers)), limit_(limit) {
  std::erase_if(pieces_, [](const std::string& piece) { return piece.empty(); });
}

void MemoryBody::fail_too_large() {
  failed_ = true;
  throw HttpException(Status::ContentTooLarge);
}

void MemoryBody::check_announced_length() {
  if (!chunked_ && !is_done() && pieces_.front().size() > limit_) fail_too_large();
}

std::string_view MemoryBody::take() {
  current_ = std::move(pieces_[next_++]);
  received_ += current_.size();
  if (received_ > limit_) fail_too_large();
  return current_;
}

std::optional<std::string_view> MemoryBody::buffered() {
  if (chunked_ && !ended_) return std::nullopt;
  if (is_done()) return std::string_view();
  check_announced_length();
  return take();
}

Async<std::optional<std::string_view>> MemoryBody::next() {
  if (failed_) throw HttpException(Status::BadRequest);
  check_announced_length();
  if (chunked_) co_await sleep({});  // others run before it arrives, as they would
  ended_ = is_done();
  if (ended_) co_return std::nullopt;
  co_return take();
}

const Headers& MemoryBody::trailers() const noexcept {
  static const Headers none;
  return chunked_ && ended_ ? trailers_ : none;
}

}  // namespace coroute::detail

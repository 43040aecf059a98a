// SPDX-License-Identifier: BSL-1.0
#include "memory_body.hpp"

#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/http/http_exception.hpp"

namespace coroute::detail {

MemoryBody::MemoryBody(std::vector<std::string> pieces, bool chunked, std::uint64_t limit)
    : pieces_(std::move(pieces)), chunked_(chunked), limit_(limit) {
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
  if (is_done()) return std::string_view();
  check_announced_length();
  if (chunked_) return std::nullopt;
  return take();
}

Async<std::optional<std::string_view>> MemoryBody::next() {
  if (failed_) throw HttpException(Status::BadRequest);
  check_announced_length();
  if (chunked_) co_await sleep({});  // others run before it arrives, as they would
  if (is_done()) co_return std::nullopt;
  co_return take();
}

}  // namespace coroute::detail

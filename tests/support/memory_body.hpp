// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A request body that comes from memory, piece by piece, as one from a connection would.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/http/request.hpp"

namespace coroute::testing {

/// Every piece is handed out from the same storage, so that a view kept past the next call shows.
class MemoryBody final : public BodySource {
 public:
  /// `delay` passes before each piece. `in_memory`: what a connection calls buffered, all of it is there at once.
  explicit MemoryBody(std::vector<std::string> pieces, Clock::duration delay = {}, bool in_memory = false)
      : pieces_(std::move(pieces)), delay_(delay), in_memory_(in_memory) {}

  std::optional<std::string_view> buffered() override {
    ++buffered_calls_;
    if (!in_memory_) return std::nullopt;
    current_.clear();
    for (; next_ < pieces_.size(); ++next_)
      current_ += pieces_[next_];
    return admit(current_);
  }

  Async<std::optional<std::string_view>> next() override {
    if (delay_ > Clock::duration::zero()) co_await sleep(delay_);
    if (next_ == pieces_.size()) co_return std::nullopt;
    current_ = pieces_[next_++];
    co_return admit(current_);
  }

  const Headers& trailers() const noexcept override { return trailers_; }
  void set_limit(std::uint64_t max_bytes) noexcept override { limit_ = max_bytes; }

  std::uint64_t limit() const noexcept { return limit_; }
  std::size_t pieces_read() const noexcept { return next_; }
  std::size_t buffered_calls() const noexcept { return buffered_calls_; }

 private:
  std::optional<std::string_view> admit(std::string_view piece) {
    received_ += piece.size();
    if (received_ > limit_) throw HttpException(Status::ContentTooLarge);
    return piece;
  }

  std::vector<std::string> pieces_;
  Clock::duration delay_;
  bool in_memory_;
  Headers trailers_;
  std::string current_;
  std::size_t next_ = 0;
  std::size_t buffered_calls_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace coroute::testing

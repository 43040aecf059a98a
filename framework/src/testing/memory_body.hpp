// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A request body that comes from memory as one from a connection would, limits and all.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coroute/http/request.hpp"

namespace coroute::detail {

/// A piece is freed when the next one is asked for, so that a sanitizer sees views that are kept too long.
class MemoryBody final : public BodySource {
 public:
  /// One piece has its length announced and is there at once. `chunked`: the pieces arrive one by one, the trailers
  /// behind them.
  MemoryBody(std::vector<std::string> pieces, bool chunked, Headers trailers, std::uint64_t limit);

  std::optional<std::string_view> buffered() override;
  Async<std::optional<std::string_view>> next() override;
  const Headers& trailers() const noexcept override;
  void set_limit(std::uint64_t max_bytes) noexcept override { limit_ = max_bytes; }

 private:
  void check_announced_length();
  bool is_done() const noexcept { return next_ == pieces_.size(); }
  std::string_view take();
  [[noreturn]] void fail_too_large();

  std::vector<std::string> pieces_;  // none is empty: a chunk without bytes would be the end
  bool chunked_;
  Headers trailers_;
  std::uint64_t limit_;
  std::uint64_t received_ = 0;
  std::size_t next_ = 0;
  std::string current_;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Finds the end of a response head in the raw bytes, and refuses what Beast 1.81 would let pass: heads over the
/// limits, bare line feeds, folded fields (RFC 9112 sections 2.2 and 5.2). What can't become HTTP/1 is refused at its
/// first bytes.
#include <cstddef>
#include <string_view>

#include "coroute/client/options.hpp"

namespace coroute::detail {

/// Resumable: called again with the same bytes and more. One per response head.
class ResponseScanner {
 public:
  enum class Result : unsigned char { Incomplete, Complete, NotHttp, Malformed, TooLarge };

  explicit ResponseScanner(const ClientLimits& limits) noexcept : limits_(&limits) {}

  Result scan(std::string_view bytes) noexcept;

  /// Behind the empty line that ends the head.
  std::size_t head_end() const noexcept { return line_begin_; }
  /// Once it is complete.
  std::size_t field_count() const noexcept { return lines_ - 1; }

 private:
  Result finish_line(std::string_view bytes, std::size_t line_end) noexcept;

  const ClientLimits* limits_;
  std::size_t line_begin_ = 0;
  std::size_t searched_ = 0;
  std::size_t lines_ = 0;
};

}  // namespace coroute::detail

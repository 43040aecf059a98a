// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Finds the end of a request head in the raw bytes, and refuses what Beast 1.81 would let pass: heads over the limits,
/// bare line feeds, folded fields (RFC 9112 sections 2.2 and 5.2).
#include <cstddef>

#include "coroute/http/status.hpp"
#include "coroute/server/options.hpp"

namespace coroute::detail {

/// Resumable: called again with the same bytes and more. One per request.
class HeadScanner {
 public:
  enum class Result : unsigned char { Incomplete, Complete, Refused };

  explicit HeadScanner(const ServerLimits& limits) noexcept : limits_(&limits) {}

  Result scan(const char* data, std::size_t size) noexcept;

  /// Where the request line begins, behind empty lines that clients send after a body.
  std::size_t head_begin() const noexcept { return head_begin_; }
  /// Behind the empty line that ends the head.
  std::size_t head_end() const noexcept { return line_begin_; }
  /// Why it was refused.
  Status refusal() const noexcept { return refusal_; }

 private:
  static constexpr std::size_t max_empty_lines = 4;

  Result refuse(Status status) noexcept {
    refusal_ = status;
    return Result::Refused;
  }
  Result finish_line(const char* data, std::size_t line_end) noexcept;
  Result check_unfinished(const char* data, std::size_t size) noexcept;

  const ServerLimits* limits_;
  std::size_t head_begin_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t searched_ = 0;
  std::size_t fields_begin_ = 0;  // behind the request line; 0 while that is unfinished
  std::size_t field_count_ = 0;
  std::size_t empty_lines_ = 0;
  Status refusal_ = Status::BadRequest;
};

}  // namespace coroute::detail

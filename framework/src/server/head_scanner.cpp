// SPDX-License-Identifier: BSL-1.0
#include "head_scanner.hpp"

#include <algorithm>
#include <cstring>

namespace coroute::detail {

HeadScanner::Result HeadScanner::scan(const char* data, std::size_t size) noexcept {
  while (true) {
    const void* found = std::memchr(data + searched_, '\n', size - searched_);
    if (!found) {
      searched_ = size;
      return check_unfinished(data, size);
    }
    const auto line_end = static_cast<std::size_t>(static_cast<const char*>(found) - data);
    const Result result = finish_line(data, line_end);
    if (result != Result::Incomplete) return result;
  }
}

/// Incomplete: the line is fine, look for the next.
HeadScanner::Result HeadScanner::finish_line(const char* data, std::size_t line_end) noexcept {
  if (line_end == line_begin_ || data[line_end - 1] != '\r') return refuse(Status::BadRequest);
  const std::size_t length = line_end - 1 - line_begin_;
  if (length > 0 && data[line_end - 2] == '\r') return refuse(Status::BadRequest);
  const char first = data[line_begin_];
  line_begin_ = searched_ = line_end + 1;
  if (fields_begin_ == 0) {
    if (length == 0) {
      if (++empty_lines_ > max_empty_lines) return refuse(Status::BadRequest);
      head_begin_ = line_begin_;
      return Result::Incomplete;
    }
    if (length > limits_->max_request_line_bytes) return refuse(Status::UriTooLong);
    fields_begin_ = line_begin_;
    return Result::Incomplete;
  }
  if (line_begin_ - fields_begin_ > limits_->max_header_bytes) return refuse(Status::RequestHeaderFieldsTooLarge);
  if (length == 0) return Result::Complete;
  if (first == ' ' || first == '\t') return refuse(Status::BadRequest);
  if (++field_count_ > limits_->max_header_count) return refuse(Status::RequestHeaderFieldsTooLarge);
  return Result::Incomplete;
}

/// Nothing is waited for that can only be refused: a TLS handshake or noise gets its answer at once.
HeadScanner::Result HeadScanner::check_unfinished(const char* data, std::size_t size) noexcept {
  if (fields_begin_ != 0) {
    const bool too_large = size - fields_begin_ > limits_->max_header_bytes;
    return too_large ? refuse(Status::RequestHeaderFieldsTooLarge) : Result::Incomplete;
  }
  const bool noise = std::any_of(data + line_begin_, data + size, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\r') || byte >= 0x7F;
  });
  if (noise) return refuse(Status::BadRequest);
  const bool too_long = size - line_begin_ > limits_->max_request_line_bytes + 2;
  return too_long ? refuse(Status::UriTooLong) : Result::Incomplete;
}

}  // namespace coroute::detail

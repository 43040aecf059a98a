// SPDX-License-Identifier: BSL-1.0
#include "response_scanner.hpp"

#include <algorithm>

namespace coroute::detail {
namespace {

constexpr std::string_view version_prefix = "HTTP/1.";

}  // namespace

ResponseScanner::Result ResponseScanner::scan(std::string_view bytes) noexcept {
  const std::size_t compared = std::min(bytes.size(), version_prefix.size());
  if (bytes.substr(0, compared) != version_prefix.substr(0, compared)) return Result::NotHttp;
  while (true) {
    const std::size_t line_end = bytes.find('\n', searched_);
    const bool found = line_end != std::string_view::npos;
    if ((found ? line_end + 1 : bytes.size()) > limits_->max_response_head_bytes) return Result::TooLarge;
    if (!found) {
      searched_ = bytes.size();
      return Result::Incomplete;
    }
    const Result result = finish_line(bytes, line_end);
    if (result != Result::Incomplete) return result;
  }
}

/// Incomplete: the line is fine, look for the next.
ResponseScanner::Result ResponseScanner::finish_line(std::string_view bytes, std::size_t line_end) noexcept {
  if (line_end == line_begin_ || bytes[line_end - 1] != '\r') return Result::Malformed;
  const std::string_view line = bytes.substr(line_begin_, line_end - 1 - line_begin_);
  line_begin_ = searched_ = line_end + 1;
  if (line.find('\r') != std::string_view::npos) return Result::Malformed;
  if (line.empty()) return Result::Complete;
  if (line[0] == ' ' || line[0] == '\t') return Result::Malformed;
  if (lines_++ > limits_->max_header_count) return Result::TooLarge;
  return Result::Incomplete;
}

}  // namespace coroute::detail

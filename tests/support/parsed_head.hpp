// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A request head on its way through scanner and parser, as a connection does it.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/head_scanner.hpp"
#include "server/request_parser.hpp"

namespace coroute::testing {

inline constexpr int accepted = 0;

class ParsedHead {
 public:
  explicit ParsedHead(std::string bytes, const ServerLimits& limits = {}, bool allow_trace = false)
      : bytes_(std::move(bytes)), limits_(limits), parser_(limits_, allow_trace, fields_) {
    detail::HeadScanner scanner(limits_);
    const detail::HeadScanner::Result result = scanner.scan(bytes_.data(), bytes_.size());
    if (result == detail::HeadScanner::Result::Refused) refusal_ = scanner.refusal().code();
    if (result != detail::HeadScanner::Result::Complete) return;
    const std::string_view head = std::string_view(bytes_).substr(0, scanner.head_end());
    const auto refused = parser_.parse_head(head.substr(scanner.head_begin()));
    refusal_ = refused ? refused->code() : accepted;
  }

  /// `accepted`, the status of the refusal, or -1 for a head that isn't complete.
  int refusal() const noexcept { return refusal_; }
  RequestHead head() const noexcept { return parser_.head(); }
  detail::RequestParser& parser() noexcept { return parser_; }
  const std::vector<HeaderField>& fields() const noexcept { return fields_; }

 private:
  std::string bytes_;
  ServerLimits limits_;
  std::vector<HeaderField> fields_;
  detail::RequestParser parser_;
  int refusal_ = -1;
};

}  // namespace coroute::testing

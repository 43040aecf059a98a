// SPDX-License-Identifier: BSL-1.0
#pragma once

/// A request path made comparable: percent-decoded per segment, with every '/' in it a separator.

#include <string>
#include <string_view>

#include "http/path_params_writer.hpp"

namespace coroute::detail {

/// Views the raw path or the decoded text inside the `PathParams` it was given; both must outlive it unchanged.
class PathText {
 public:
  PathText() = default;
  PathText(const PathText&) = delete;
  PathText& operator=(const PathText&) = delete;

  /// Clears `values`, then puts decoded text there if there is any. False, and nothing can match: no leading '/', a
  /// broken escape, or longer than 4 GiB.
  [[nodiscard]] bool assign(std::string_view raw_path, PathParams& values);

  /// A slash that was written `%2F` appears as U+0001, which no literal of a pattern holds: to a pattern it is an
  /// ordinary character. The values, at the same offsets, have the true slash.
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::string marked_;  // only used when some slash was encoded
};

}  // namespace coroute::detail

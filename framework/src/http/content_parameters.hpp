// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The value of Content-Type and Content-Disposition: a word and parameters, `form-data; name="a"; filename=b`.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coroute::detail {

struct ContentParameters {
  std::string_view type;  ///< What stands before the first semicolon.
  std::vector<std::pair<std::string, std::string>> parameters;

  /// Names compare case-insensitively.
  const std::string* get(std::string_view name) const noexcept;
};

/// Lenient where senders are sloppy (empty parameters, one without `=`, unquoted values that are no token), nullopt
/// where two readers could disagree: a name given twice, a name that is no token, text around a quoted value, a quote
/// that doesn't end; also for more than 16 parameters. In a quoted value only `\"` and `\\` are escapes, for a browser
/// sends `C:\a.txt` as it stands.
std::optional<ContentParameters> parse_content_parameters(std::string_view value);

}  // namespace coroute::detail

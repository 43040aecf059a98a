// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Text as a JSON string.
#include <string>
#include <string_view>

namespace coroute {

/// `text` as a JSON string, quotes and all, as Python's `json.dumps(text, ensure_ascii=False)`; what is not valid UTF-8
/// becomes U+FFFD.
std::string json_quoted(std::string_view text);

namespace detail {
void append_json_quoted(std::string& out, std::string_view text);
}

}  // namespace coroute

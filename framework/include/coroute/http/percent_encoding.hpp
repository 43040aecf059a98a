// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Percent encoding and decoding (RFC 3986 section 2.1).

#include <optional>
#include <string>
#include <string_view>

namespace coroute {

/// Encodes every byte but the unreserved ones (RFC 3986 section 2.3) and the ASCII characters in `safe`, as Python's
/// `quote(text, safe)`.
std::string percent_encode(std::string_view text, std::string_view safe = "");

/// Decodes `%XX`, leaves `+` alone. `nullopt` when a `%` lacks its two hex digits. The result may be any bytes, also
/// NUL or invalid UTF-8.
std::optional<std::string> percent_decode(std::string_view text);

/// Decodes what people send, as Python's `unquote` or, with `plus_as_space`, `unquote_plus`: a bad escape stays as it
/// stands, and what is not UTF-8 after decoding becomes U+FFFD. The result is always valid UTF-8.
std::string percent_decode_lossy(std::string_view text, bool plus_as_space);

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Rendering of untrusted text inside an error sentence, so that it can't break a log line.

#include <string>
#include <string_view>

namespace coroute::detail {

/// "0x0A"
std::string byte_text(char byte);

/// The text in single quotes, printable ASCII only, cut after 80 bytes.
std::string quoted(std::string_view text);

}  // namespace coroute::detail

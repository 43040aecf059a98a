// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The host of a lenient URL (WHATWG URL Standard section 3.5), in the form that `Url` takes.

#include <string>
#include <string_view>

namespace coroute::detail {

/// Reads the host between user info and port, brackets included. Returns what is wrong with it, in the words of Rust's
/// url library; an empty text when `host` has been set.
std::string_view read_url_host(std::string_view text, std::string& host);

}  // namespace coroute::detail

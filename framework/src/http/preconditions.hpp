// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Conditional requests (RFC 9110 section 13).
#include <chrono>
#include <optional>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

struct Validators {
  std::string_view etag;  ///< With its quotes; empty: none.
  std::optional<std::chrono::system_clock::time_point> last_modified;
};

enum class Precondition : unsigned char { Holds, NotModified, Failed };

/// For GET and HEAD, in the order of section 13.2.2, but for If-Range. Dates that can't be read don't count, nor do any
/// where it isn't known when it was modified; without an entity tag only "*" is met.
Precondition check_preconditions(const HeadersView& headers, const Validators& validators);

/// Whether Range counts: there is no If-Range, or it names what is there. A date does only when it is a strong
/// validator (section 8.8.2.2): nothing can have changed twice in that second.
bool if_range_holds(const HeadersView& headers, const Validators& validators,
                    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Dates as HTTP writes them (RFC 9110 section 5.6.7), independent of the locale and of the time zone.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coroute {

/// IMF-fixdate, 29 characters: "Sun, 06 Nov 1994 08:49:37 GMT". Rounds down to the second.
std::string http_date(std::chrono::system_clock::time_point time);

/// Reads IMF-fixdate and the two obsolete formats, RFC 850 and asctime; `nullopt` for anything else, also for a day
/// that the calendar doesn't have. The weekday must be a name but need not be the right one. A two-digit year more than
/// 50 years after `now` is of the century before. A date that the clock can't hold (it ends in 2262) becomes its first
/// or last second: "31 Dec 9999" means never.
std::optional<std::chrono::system_clock::time_point> parse_http_date(
    std::string_view text, std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What answers say about being kept by shared caches (RFC 9111 sections 3 and 5.2).
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"

namespace coroute::detail {

/// Of a directive of Cache-Control, `max-age=60`; nothing when it isn't there or no number. At most 100 years.
std::optional<std::chrono::seconds> cache_seconds(const Headers& headers, std::string_view directive);

/// Whether answers with that status may be kept at all.
bool is_cacheable(Status status) noexcept;

/// How old the answer was when it came from elsewhere, by its Age; 0: it doesn't say.
std::chrono::seconds received_age(const Headers& headers);

/// How long a shared cache may keep the answer to a GET; nothing when it must not. `default_ttl` is for those that
/// don't say, when the request has no credentials.
std::optional<std::chrono::seconds> shared_lifetime(const Request& request, const Response& response,
                                                    std::chrono::seconds default_ttl);

/// The fields of requests that `vary` names, in lower case and sorted; nothing for "*".
std::optional<std::vector<std::string>> vary_names(const Headers& headers);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a request went.
#include <string>
#include <string_view>

#include "coroute/http/request.hpp"

namespace coroute::detail {

/// The Host field without its port, in lower case; an IPv6 address keeps its brackets.
std::string host_name(const Request& request);

/// The request's URL with another scheme and authority.
std::string request_url(const Request& request, std::string_view scheme, std::string_view authority);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Conditions of requests (RFC 9110 section 13.1).
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Of the bytes of a body, with its quotes.
std::string entity_tag_of(std::string_view body, bool weak);

/// Whether If-None-Match or, without that, If-Modified-Since say that the client has what `etag` and `last_modified`
/// (empty: unknown) stand for. Entity tags are compared weakly.
bool is_fresh(const HeadersView& request, std::string_view etag, std::string_view last_modified);

}  // namespace coroute::detail

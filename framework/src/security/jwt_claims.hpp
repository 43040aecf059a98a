// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What registered claims (RFC 7519 section 4.1) say about whether a token is good.
#include <string_view>

#include "coroute/security/jwt.hpp"

namespace coroute::detail {

/// Throws a kind of InvalidTokenError.
void check_claims(std::string_view json, const JwtDecodeOptions& options);

}  // namespace coroute::detail

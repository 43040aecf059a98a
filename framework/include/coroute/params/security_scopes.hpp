// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `SecurityScopes`: what those who depend on a dependency ask of the client's rights.
///
///     User current_user(const SecurityScopes& scopes, const OAuth2PasswordBearer<"token">& bearer);
///     Async<Json> read_items(Security<current_user, "items:read"> user);
#include <string>
#include <vector>

namespace coroute {

/// As an argument of a dependency: the scopes of each `Security` on the way to it, those of the handler first, without
/// repeats. As an argument of a handler it is empty.
struct SecurityScopes {
  std::vector<std::string> scopes = {};

  /// Separated by spaces, as in a challenge or a token.
  std::string scope_str() const;
};

}  // namespace coroute

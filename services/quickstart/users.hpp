// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Who asks.
#include <optional>
#include <string>

#include "coroute/security/oauth2.hpp"

namespace tour {

/// What errors look like, in documents.
struct Error {
  std::string detail;
};

struct User {
  std::string username;
  std::string full_name;
};

/// A dependency: whose token came with the request; answers 401 when it is nobody's.
User current_user(coroute::OAuth2PasswordBearer<"token"> credentials);

}  // namespace tour

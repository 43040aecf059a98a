// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What an OAuth 2 client posts to get a token for a user name and password (RFC 6749 section 4.3.2).
#include <optional>
#include <string>
#include <vector>

#include "coroute/params/parameter.hpp"

namespace coroute {

/// `Params<OAuth2PasswordRequestForm> form`: the fields of a form.
struct OAuth2PasswordRequestForm {
  Form<std::optional<Literal<"password">>, "grant_type"> grant_type;
  Form<std::string, "username"> username;
  Form<std::string, "password", format<"password">> password;
  Form<std::string, "scope", defaulted> scope;
  Form<std::optional<std::string>, "client_id"> client_id;
  Form<std::optional<std::string>, "client_secret", format<"password">> client_secret;

  /// `scope` is a list that spaces separate.
  std::vector<std::string> scopes() const;
};

}  // namespace coroute

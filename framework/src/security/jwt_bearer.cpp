// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwt_bearer.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "coroute/http/http_exception.hpp"
#include "coroute/json.hpp"

namespace coroute::detail {
namespace {

/// RFC 6750 section 3.1; scopes are what the handler's author has written.
std::string challenge(std::string_view error, std::string_view description, const SecurityScopes& wanted) {
  std::string text = "Bearer error=\"" + std::string(error) + "\"";
  if (!description.empty()) text += ", error_description=\"" + std::string(description) + "\"";
  if (!wanted.scopes.empty()) text += ", scope=\"" + wanted.scope_str() + "\"";
  return text;
}

[[noreturn]] void refuse(std::string_view description, const SecurityScopes& wanted) {
  throw HttpException(Status::Unauthorized, "Could not validate credentials",
                      {{"www-authenticate", challenge("invalid_token", description, wanted)}});
}

void add_scopes(const Json& claims, const char* name, std::vector<std::string>& scopes) {
  const auto found = claims.find(name);
  if (found == claims.end()) return;
  if (found->is_array()) {
    for (const Json& each : *found) {
      if (each.is_string()) scopes.push_back(each.get<std::string>());
    }
  } else if (found->is_string()) {
    const std::string& list = found->get_ref<const std::string&>();
    for (std::size_t begin = 0; begin < list.size();) {
      const std::size_t end = std::min(list.find(' ', begin), list.size());
      if (end > begin) scopes.push_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
  }
}

void check_scopes(std::string_view claims, const SecurityScopes& wanted) {
  if (wanted.scopes.empty()) return;
  const Json all = parse_json(claims);
  std::vector<std::string> scopes;
  for (const char* name : {"scope", "scp", "scopes"})
    add_scopes(all, name, scopes);
  const auto has = [&](const std::string& scope) {
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
  };
  if (!std::all_of(wanted.scopes.begin(), wanted.scopes.end(), has)) {
    throw HttpException(Status::Forbidden, "Not enough permissions",
                        {{"www-authenticate", challenge("insufficient_scope", "", wanted)}});
  }
}

}  // namespace

void throw_invalid_bearer(const SecurityScopes& wanted) {
  refuse("", wanted);
}

Async<std::string> authenticate_bearer(const JwtVerifier& verifier, std::string token, SecurityScopes wanted) {
  std::string claims;
  try {
    claims = co_await verifier.verified(std::move(token));
  } catch (const ExpiredSignatureError&) {
    refuse("The token has expired", wanted);
  } catch (const InvalidTokenError&) {
    refuse("", wanted);
  } catch (const JwksClientError&) {
    throw HttpException(Status::ServiceUnavailable, "Service Unavailable");
  }
  check_scopes(claims, wanted);
  co_return claims;
}

}  // namespace coroute::detail

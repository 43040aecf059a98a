// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/credentials.hpp"

#include <algorithm>
#include <boost/beast/core/detail/base64.hpp>

#include "coroute/http/http_exception.hpp"
#include "coroute/http/json_quoted.hpp"

namespace coroute {
namespace detail {
namespace {

std::optional<std::string> decode_base64(std::string_view text) {
  namespace base64 = boost::beast::detail::base64;
  while (text.ends_with('='))
    text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string decoded(base64::decoded_size(text.size() + 3), '\0');
  const auto [written, read] = base64::decode(decoded.data(), text.data(), text.size());
  if (read != text.size()) return std::nullopt;
  decoded.resize(written);
  return decoded;
}

}  // namespace

void throw_not_authenticated(std::string_view challenge) {
  throw HttpException(Status::Unauthorized, "Not authenticated", {{"www-authenticate", challenge}});
}

std::optional<Authorization> authorization_of(const Request& request, std::string_view scheme) {
  const std::string_view field = request.header("authorization").value_or("");
  const std::size_t space = field.find(' ');
  if (space == field.npos || !iequals(field.substr(0, space), scheme)) return std::nullopt;
  std::string_view credentials = field.substr(space);
  credentials.remove_prefix(std::min(credentials.find_first_not_of(' '), credentials.size()));
  if (credentials.empty()) return std::nullopt;
  return Authorization{std::string(field.substr(0, space)), std::string(credentials)};
}

std::optional<UserAndPassword> basic_credentials_of(const Request& request) {
  const auto authorization = authorization_of(request, "basic");
  if (!authorization) return std::nullopt;
  const auto decoded = decode_base64(authorization->credentials);
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == decoded->npos) return std::nullopt;
  return UserAndPassword{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

std::string basic_challenge(std::string_view realm) {
  return realm.empty() ? "Basic" : "Basic realm=\"" + std::string(realm) + "\"";
}

SecurityScheme http_scheme(std::string_view class_name, std::string_view scheme, const SchemeOptions& options) {
  std::string members = "\"scheme\":" + json_quoted(scheme);
  if (!options.bearer_format.empty()) members += ",\"bearerFormat\":" + json_quoted(options.bearer_format);
  return make_scheme(class_name, "http", options, members);
}

SecurityScheme api_key_scheme(std::string_view class_name, std::string_view in, std::string_view key,
                              const SchemeOptions& options) {
  return make_scheme(class_name, "apiKey", options, "\"in\":" + json_quoted(in) + ",\"name\":" + json_quoted(key));
}

}  // namespace detail
}  // namespace coroute

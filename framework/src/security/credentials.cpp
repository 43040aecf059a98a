// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/credentials.hpp"

#include <boost/beast/core/detail/base64.hpp>

#include "coroute/http/http_exception.hpp"

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

SecurityScheme http_scheme(std::string_view name, std::string_view scheme, std::string_view bearer_format) {
  std::string json = R"({"type":"http","scheme":")" + std::string(scheme) + "\"";
  if (!bearer_format.empty()) json += R"(,"bearerFormat":")" + std::string(bearer_format) + "\"";
  return {std::string(name), json + "}"};
}

SecurityScheme api_key_scheme(std::string_view name, std::string_view in, std::string_view key) {
  return {std::string(name),
          R"({"type":"apiKey","in":")" + std::string(in) + R"(","name":")" + std::string(key) + "\"}"};
}

}  // namespace detail

std::optional<HttpBearer> HttpBearer::try_from_request(Request& request) {
  auto found = detail::authorization_of(request, "bearer");
  if (!found) return std::nullopt;
  return HttpBearer{std::move(found->scheme), std::move(found->credentials)};
}
HttpBearer HttpBearer::from_request(Request& request) {
  auto found = try_from_request(request);
  if (!found) detail::throw_not_authenticated("Bearer");
  return std::move(*found);
}
const SecurityScheme& HttpBearer::security_scheme() {
  static const SecurityScheme scheme = detail::http_scheme("HTTPBearer", "bearer");
  return scheme;
}

std::optional<HttpDigest> HttpDigest::try_from_request(Request& request) {
  auto found = detail::authorization_of(request, "digest");
  if (!found) return std::nullopt;
  return HttpDigest{std::move(found->scheme), std::move(found->credentials)};
}
HttpDigest HttpDigest::from_request(Request& request) {
  auto found = try_from_request(request);
  if (!found) detail::throw_not_authenticated("Digest");
  return std::move(*found);
}
const SecurityScheme& HttpDigest::security_scheme() {
  static const SecurityScheme scheme = detail::http_scheme("HTTPDigest", "digest");
  return scheme;
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/oauth2.hpp"

#include <utility>

#include "coroute/http/json_quoted.hpp"
#include "coroute/security/credentials.hpp"

namespace coroute::detail {
namespace {

std::string scopes_json(std::span<const DocumentedScope> scopes) {
  std::string json;
  for (const DocumentedScope& scope : scopes)
    json.append(json.empty() ? "" : ",")
        .append(json_quoted(scope.name))
        .append(":")
        .append(json_quoted(scope.description));
  return "{" + json + "}";
}

std::string flow_json(const OAuth2FlowInfo& flow) {
  std::string json = "{";
  if (!flow.options.refresh_url.empty()) json += "\"refreshUrl\":" + json_quoted(flow.options.refresh_url) + ",";
  json += "\"scopes\":" + scopes_json(flow.options.scopes);
  if (flow.kind == OAuth2FlowKind::Implicit || flow.kind == OAuth2FlowKind::AuthorizationCode) {
    json += ",\"authorizationUrl\":" + json_quoted(flow.authorization_url);
  }
  if (flow.kind != OAuth2FlowKind::Implicit) json += ",\"tokenUrl\":" + json_quoted(flow.token_url);
  return json + "}";
}

constexpr std::pair<OAuth2FlowKind, const char*> flow_names[] = {
    {OAuth2FlowKind::Implicit, "implicit"},
    {OAuth2FlowKind::Password, "password"},
    {OAuth2FlowKind::ClientCredentials, "clientCredentials"},
    {OAuth2FlowKind::AuthorizationCode, "authorizationCode"}};

}  // namespace

SecurityScheme oauth2_scheme(std::string_view class_name, const SchemeOptions& options,
                             std::span<const OAuth2FlowInfo> flows) {
  std::string json;
  for (const auto& [kind, name] : flow_names) {
    for (const OAuth2FlowInfo& flow : flows) {
      if (flow.kind != kind) continue;
      json.append(json.empty() ? "" : ",").append(json_quoted(name)).append(":").append(flow_json(flow));
    }
  }
  return make_scheme(class_name, "oauth2", options, "\"flows\":{" + json + "}");
}

SecurityScheme open_id_connect_scheme(std::string_view url, const SchemeOptions& options) {
  return make_scheme("OpenIdConnect", "openIdConnect", options, "\"openIdConnectUrl\":" + json_quoted(url));
}

std::optional<std::string> bearer_token_of(const Request& request) {
  auto found = authorization_of(request, "bearer");
  if (!found) return std::nullopt;
  return std::move(found->credentials);
}

std::string required_bearer_token(const Request& request) {
  auto found = bearer_token_of(request);
  if (!found) throw_not_authenticated("Bearer");
  return std::move(*found);
}

std::optional<std::string> authorization_field_of(const Request& request) {
  const auto found = request.header("authorization");
  if (!found || found->empty()) return std::nullopt;
  return std::string(*found);
}

std::string required_authorization_field(const Request& request) {
  auto found = authorization_field_of(request);
  if (!found) throw_not_authenticated("Bearer");
  return std::move(*found);
}

}  // namespace coroute::detail

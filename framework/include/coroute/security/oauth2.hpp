// SPDX-License-Identifier: BSL-1.0
#pragma once
/// OAuth 2 (RFC 6749) as handler arguments: the token that a client sent, not verified, and the flows by which it could
/// get one, for documents.
///
///     using Oauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read about me", "items", "Read items">>;
///     User current_user(const SecurityScopes& wanted, const Oauth2& bearer);
///     Async<Json> read_items(Security<current_user, "items"> user);
///
/// Options of all of them: `scopes`, `refresh_url`, `scheme_name`, `description`. What is missing is answered with 401
/// and the challenge `Bearer`; `std::optional` of one is empty then.
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "coroute/http/request.hpp"
#include "coroute/security/scheme_options.hpp"

namespace coroute {
namespace detail {

/// In the order in which documents have them.
enum class OAuth2FlowKind : unsigned char { Implicit, Password, ClientCredentials, AuthorizationCode };

struct OAuth2FlowInfo {
  OAuth2FlowKind kind = OAuth2FlowKind::Implicit;
  std::string_view authorization_url = {};
  std::string_view token_url = {};
  SchemeOptions options = {};
};

template <OAuth2FlowKind kind, FixedString authorization_url, FixedString token_url, auto... options>
struct OAuth2Flow {
  static constexpr OAuth2FlowInfo info{kind, constant_text<authorization_url>, constant_text<token_url>,
                                       scheme_options<options...>()};
};
/// A flow is none of the scheme's own options.
template <OAuth2FlowKind kind, FixedString authorization_url, FixedString token_url, auto... options>
constexpr void apply_option(OAuth2Flow<kind, authorization_url, token_url, options...>, SchemeOptions&) {}

template <class T>
inline constexpr bool is_oauth2_flow = requires { T::info; };

SecurityScheme oauth2_scheme(std::string_view class_name, const SchemeOptions& options,
                             std::span<const OAuth2FlowInfo> flows);
SecurityScheme open_id_connect_scheme(std::string_view url, const SchemeOptions& options);
/// The token of a bearer's Authorization field (RFC 6750).
std::optional<std::string> bearer_token_of(const Request& request);
std::string required_bearer_token(const Request& request);
/// The Authorization field as it is.
std::optional<std::string> authorization_field_of(const Request& request);
std::string required_authorization_field(const Request& request);

}  // namespace detail

/// With user name and password (section 4.3), posted to `token_url` as an OAuth2PasswordRequestForm.
template <FixedString token_url, auto... options>
struct OAuth2PasswordBearer {
  std::string token;

  static std::optional<OAuth2PasswordBearer> try_from_request(Request& request) {
    auto found = detail::bearer_token_of(request);
    return found ? std::optional(OAuth2PasswordBearer{std::move(*found)}) : std::nullopt;
  }
  static OAuth2PasswordBearer from_request(Request& request) { return {detail::required_bearer_token(request)}; }
  static const SecurityScheme& security_scheme() {
    using Flow = detail::OAuth2Flow<detail::OAuth2FlowKind::Password, "", token_url, options...>;
    static const SecurityScheme scheme =
        detail::oauth2_scheme("OAuth2PasswordBearer", Flow::info.options, {&Flow::info, 1});
    return scheme;
  }
};

/// By way of the authorization server's own pages (section 4.1).
template <FixedString authorization_url, FixedString token_url, auto... options>
struct OAuth2AuthorizationCodeBearer {
  std::string token;

  static std::optional<OAuth2AuthorizationCodeBearer> try_from_request(Request& request) {
    auto found = detail::bearer_token_of(request);
    return found ? std::optional(OAuth2AuthorizationCodeBearer{std::move(*found)}) : std::nullopt;
  }
  static OAuth2AuthorizationCodeBearer from_request(Request& request) {
    return {detail::required_bearer_token(request)};
  }
  static const SecurityScheme& security_scheme() {
    using Flow =
        detail::OAuth2Flow<detail::OAuth2FlowKind::AuthorizationCode, authorization_url, token_url, options...>;
    static const SecurityScheme scheme =
        detail::oauth2_scheme("OAuth2AuthorizationCodeBearer", Flow::info.options, {&Flow::info, 1});
    return scheme;
  }
};

/// Flows of OAuth2<...>, each at most once, with scopes and a refresh_url of their own.
template <FixedString authorization_url, auto... options>
inline constexpr detail::OAuth2Flow<detail::OAuth2FlowKind::Implicit, authorization_url, "", options...>
    implicit_flow{};
template <FixedString token_url, auto... options>
inline constexpr detail::OAuth2Flow<detail::OAuth2FlowKind::Password, "", token_url, options...> password_flow{};
template <FixedString token_url, auto... options>
inline constexpr detail::OAuth2Flow<detail::OAuth2FlowKind::ClientCredentials, "", token_url, options...>
    client_credentials_flow{};
template <FixedString authorization_url, FixedString token_url, auto... options>
inline constexpr detail::OAuth2Flow<detail::OAuth2FlowKind::AuthorizationCode, authorization_url, token_url, options...>
    authorization_code_flow{};

/// Any flows: `OAuth2<password_flow<"token", scopes<"me", "Read">>, client_credentials_flow<"token">>`. The
/// Authorization field as it is, whatever its scheme.
template <auto... flows_and_options>
struct OAuth2 {
  std::string authorization;

  static std::optional<OAuth2> try_from_request(Request& request) {
    auto found = detail::authorization_field_of(request);
    return found ? std::optional(OAuth2{std::move(*found)}) : std::nullopt;
  }
  static OAuth2 from_request(Request& request) { return {detail::required_authorization_field(request)}; }
  static const SecurityScheme& security_scheme() {
    static constexpr auto flows = list_flows();
    static const SecurityScheme scheme =
        detail::oauth2_scheme("OAuth2", detail::scheme_options<flows_and_options...>(), flows);
    return scheme;
  }

 private:
  template <class T>
  static constexpr bool is_flow = detail::is_oauth2_flow<std::remove_cv_t<T>>;

  static consteval auto list_flows() {
    std::array<detail::OAuth2FlowInfo, (std::size_t{is_flow<decltype(flows_and_options)>} + ... + 0)> flows{};
    std::size_t count = 0;
    [[maybe_unused]] const auto add = [&]<class T>(T) {
      if constexpr (is_flow<T>) flows[count++] = T::info;
    };
    (add(flows_and_options), ...);
    return flows;
  }
};

/// OpenID Connect: the Authorization field as it is. Options: scheme_name, description.
template <FixedString open_id_connect_url, auto... options>
struct OpenIdConnect {
  std::string authorization;

  static std::optional<OpenIdConnect> try_from_request(Request& request) {
    auto found = detail::authorization_field_of(request);
    return found ? std::optional(OpenIdConnect{std::move(*found)}) : std::nullopt;
  }
  static OpenIdConnect from_request(Request& request) { return {detail::required_authorization_field(request)}; }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme = detail::open_id_connect_scheme(detail::constant_text<open_id_connect_url>,
                                                                        detail::scheme_options<options...>());
    return scheme;
  }
};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What may be said of a security scheme in its type, for documents: `ApiKeyHeader<"X-Key", scheme_name<"admin key">>`.
#include <span>
#include <string>
#include <string_view>

#include "coroute/params/fixed_string.hpp"
#include "coroute/params/rules.hpp"
#include "coroute/params/security_scheme.hpp"

namespace coroute {
namespace detail {

/// One scope and what it allows.
struct DocumentedScope {
  std::string_view name;
  std::string_view description;
};

struct SchemeOptions {
  std::string_view name = {};  ///< Empty: that of the class.
  std::string_view description = {};
  std::string_view bearer_format = {};
  std::string_view refresh_url = {};
  std::span<const DocumentedScope> scopes = {};
};

template <FixedString text>
struct SchemeNameOption {};
template <FixedString text>
struct BearerFormatOption {};
template <FixedString url>
struct RefreshUrlOption {};
template <FixedString... names_and_descriptions>
struct ScopesOption {
  static constexpr std::size_t count = sizeof...(names_and_descriptions) / 2;
  static_assert(sizeof...(names_and_descriptions) % 2 == 0, "scopes<\"me\", \"Read about me\">: each needs both texts");

  struct List {
    consteval List() {
      const std::string_view texts[] = {constant_text<names_and_descriptions>..., {}};
      for (std::size_t i = 0; i < count; ++i)
        scopes[i] = {texts[2 * i], texts[2 * i + 1]};
    }
    DocumentedScope scopes[count + 1]{};
  };
  static constexpr List list{};
};

template <FixedString text>
constexpr void apply_option(SchemeNameOption<text>, SchemeOptions& options) {
  options.name = constant_text<text>;
}
template <FixedString text>
constexpr void apply_option(TextSetting<&Rules::description, text>, SchemeOptions& options) {
  options.description = constant_text<text>;
}
template <FixedString text>
constexpr void apply_option(BearerFormatOption<text>, SchemeOptions& options) {
  options.bearer_format = constant_text<text>;
}
template <FixedString url>
constexpr void apply_option(RefreshUrlOption<url>, SchemeOptions& options) {
  options.refresh_url = constant_text<url>;
}
template <FixedString... texts>
constexpr void apply_option(ScopesOption<texts...>, SchemeOptions& options) {
  options.scopes = {ScopesOption<texts...>::list.scopes, ScopesOption<texts...>::count};
}

template <auto... options>
constexpr SchemeOptions scheme_options() {
  SchemeOptions all;
  (apply_option(options, all), ...);
  return all;
}

/// `members`: of the scheme object beside type and description, `"in":"query","name":"key"`.
SecurityScheme make_scheme(std::string_view class_name, std::string_view type, const SchemeOptions& options,
                           const std::string& members);

}  // namespace detail

/// What documents call the scheme; two that are called alike are one there.
template <FixedString text>
inline constexpr detail::SchemeNameOption<text> scheme_name{};
/// Of HttpBearerWith: "JWT".
template <FixedString text>
inline constexpr detail::BearerFormatOption<text> bearer_format{};
/// Of OAuth 2: where clients get further tokens.
template <FixedString url>
inline constexpr detail::RefreshUrlOption<url> refresh_url{};
/// Of OAuth 2: each scope and what it allows, `scopes<"me", "Read about me", "items", "Read items">`.
template <FixedString... names_and_descriptions>
inline constexpr detail::ScopesOption<names_and_descriptions...> scopes{};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A web address in a request: what a browser would open, in one normal form.

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include "coroute/http/url.hpp"
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

/// An http or https URL, read as leniently as pydantic and browsers do (WHATWG URL Standard) and kept in a form that
/// `Url` takes: scheme and host lower case, "." and ".." resolved, other characters percent-encoded, numeric hosts as
/// dotted IPv4 addresses, no default port. Empty when default-constructed.
///
///     Params: Query<HttpUrl, "callback"> callback
///     callback->text()   // "https://x.io/" for "HTTPS://X.IO"
class HttpUrl {
 public:
  /// In bytes, before normalization.
  static constexpr std::size_t max_length = 2083;

  HttpUrl() = default;
  /// What `value_from_text` reads; throws `std::invalid_argument` otherwise.
  static HttpUrl parse(std::string_view text);

  /// With user info and fragment.
  const std::string& text() const noexcept { return text_; }
  /// What a client connects to, without user info and fragment. Throws `std::invalid_argument` when this is empty.
  Url url() const;
  /// "user:password", still percent-encoded; empty when there is none.
  std::string_view user_info() const noexcept;
  /// Without the "#", still percent-encoded.
  std::string_view fragment() const noexcept;

  bool operator==(const HttpUrl& other) const noexcept { return text_ == other.text_; }
  auto operator<=>(const HttpUrl& other) const noexcept { return text_ <=> other.text_; }

 private:
  friend std::optional<InvalidValue> value_from_text(std::string_view text, HttpUrl& url);

  std::string text_;
};

std::string to_text(const HttpUrl& url);

/// "url_too_long", "url_scheme" or "url_parsing" for what isn't such a URL; `url` is unchanged then. Host names beyond
/// ASCII must come in Punycode.
std::optional<InvalidValue> value_from_text(std::string_view text, HttpUrl& url);

template <>
struct ValueSchema<HttpUrl> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "uri";
  static constexpr std::size_t min_length = 1;
  static constexpr std::size_t max_length = 2083;
  static constexpr std::string_view error_type = "url_type";
  static constexpr std::string_view error_message = "URL input should be a string or URL";
};

}  // namespace coroute

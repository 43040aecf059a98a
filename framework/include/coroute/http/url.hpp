// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Absolute http and https URLs (RFC 3986); the header brings the tools to build one, percent encoding and query
/// parameters, along.

#include <cstdint>
#include <string>
#include <string_view>
#include "coroute/http/percent_encoding.hpp"
#include "coroute/http/query_params.hpp"

namespace coroute {

/// An absolute http or https URL, checked and split: what a client connects to and writes into a request line. Scheme
/// and host are lower case, everything else stands as it was given. A fragment is dropped.
///
///     Url base = Url::parse("http://inventory:8000/v1/");
///     Url stock = base.resolve("stock/7?fields=count");   // http://inventory:8000/v1/stock/7?fields=count
class Url {
 public:
  /// Throws `std::invalid_argument` with the reason. Strict: no user info, no character that RFC 3986 wants
  /// percent-encoded, no bad escape, a host of letters, digits and `-._~` or an IPv6 address in brackets,
  /// port 1..65535.
  static Url parse(std::string_view text);

  /// "http" or "https"
  std::string_view scheme() const noexcept { return scheme_; }
  /// Without the brackets of an IPv6 address: what a resolver takes.
  std::string_view host() const noexcept { return host_; }
  /// 80 or 443 when the URL names none.
  std::uint16_t port() const noexcept { return port_; }
  /// The value of the Host header: IPv6 in brackets, the port only when it isn't the scheme's default.
  std::string_view authority() const noexcept { return authority_; }
  /// Origin form for the request line: the path, at least "/", and the query with its `?`.
  std::string_view target() const noexcept { return target_; }

  /// The URL that `reference` means relative to this one (RFC 3986 section 5.3, strict), "." and ".." segments removed.
  /// A base path counts up to its last `/`, and "/x" replaces the whole path. Throws as `parse` does.
  Url resolve(std::string_view reference) const;

  /// The same origin with another path and query: `target` is empty or begins with '/', '?' or '#', and
  /// its fragment is dropped. Throws as `parse` does.
  Url with_target(std::string_view target) const;

  std::string to_string() const;

  bool operator==(const Url&) const = default;

 private:
  Url() = default;

  std::string scheme_;
  std::string host_;
  std::string authority_;
  std::string target_;
  std::uint16_t port_ = 0;
};

}  // namespace coroute

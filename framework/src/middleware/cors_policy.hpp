// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What CORS options allow.
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "coroute/middleware/cors.hpp"

namespace re2 {
class RE2;
}

namespace coroute::detail {

class CorsPolicy {
 public:
  /// std::invalid_argument for an expression that RE2 doesn't take.
  explicit CorsPolicy(CorsOptions given);
  ~CorsPolicy();

  const CorsOptions& options() const noexcept { return options_; }
  bool allows_all_origins() const noexcept { return all_origins_; }
  bool allows_all_headers() const noexcept { return all_headers_; }
  /// Whether answers name the origin, not "*": browsers refuse that for a request with credentials.
  bool names_origin() const noexcept { return !all_origins_ || options_.allow_credentials; }

  bool allows_origin(std::string_view origin) const;
  bool allows_method(std::string_view method) const;
  /// All of a comma-separated list.
  bool allows_headers(std::string_view names) const;

  std::string methods() const;
  std::string headers() const;
  std::string exposed_headers() const;

 private:
  CorsOptions options_;
  bool all_origins_;
  bool all_headers_;
  std::set<std::string> headers_{"Accept", "Accept-Language", "Content-Language", "Content-Type"};
  std::unique_ptr<const re2::RE2> regex_;
};

}  // namespace coroute::detail

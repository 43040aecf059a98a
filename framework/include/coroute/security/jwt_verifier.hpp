// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a service accepts tokens by: keys, its own or an identity provider's, and what a token must say.
#include <memory>
#include <string>
#include <utility>

#include "coroute/security/jwks_client.hpp"
#include "coroute/security/jwt.hpp"

namespace coroute {

/// Shared by all loops, as by handlers that capture it; copies share the keys.
class JwtVerifier {
 public:
  /// std::invalid_argument without `options.algorithms`.
  JwtVerifier(JwkSet keys, JwtDecodeOptions options);
  /// Its kid doesn't matter.
  JwtVerifier(Jwk key, JwtDecodeOptions options);
  JwtVerifier(JwksClient keys, JwtDecodeOptions options);

  const JwtDecodeOptions& options() const noexcept { return options_; }

  /// As `jwt_decode<T>`, with the provider's keys where it has one: a token of an algorithm that isn't allowed doesn't
  /// make it ask. JwksClientError too, then.
  template <class T>
  Async<T> decode(std::string token) const {
    const std::string claims = co_await verified(std::move(token));
    co_return detail::claims_as<T>(claims);
  }
  /// The JSON text of the claims.
  Async<std::string> verified(std::string token) const;

 private:
  JwtDecodeOptions options_;
  JwkSet keys_;
  std::shared_ptr<const JwksClient> client_;
  bool ignores_kid_ = false;
};

}  // namespace coroute

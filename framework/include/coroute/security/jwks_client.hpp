// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The keys that an identity provider publishes (RFC 7517 section 5), kept and renewed: PyJWT's PyJWKClient.
///
///     const JwksClient keys("https://id.example.com/.well-known/jwks.json");
///     const auto set = co_await keys.jwk_set("2024-10");
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/client/options.hpp"
#include "coroute/security/jwk.hpp"

namespace coroute {

struct JwksClientOptions {
  /// For so long a set is used without asking.
  std::chrono::seconds lifespan{300};
  /// So long after an answer or a failure nothing is asked again, neither for a `kid` that the set doesn't have nor
  /// because the set has expired: whoever invents a kid causes no more requests than this.
  std::chrono::seconds cooldown{30};
  /// For so long after its lifespan a set is still used while the provider can't be reached. Then
  /// JwksClientConnectionError.
  std::chrono::seconds max_stale{24 * 60 * 60};
  std::chrono::milliseconds timeout{5000};  ///< For one request, retries included.
  std::size_t max_body_bytes = 512 * 1024;  ///< Above: JwksClientConnectionError. See also JwkSet::max_keys.
  ClientOptions client{};                   ///< How to ask: TLS, proxy, headers, transport; below the limits above.
};

/// Shared by all loops, as by handlers that capture it; copies share the keys. Only one request is under way at a time,
/// over all loops. Whoever has an expired set meanwhile goes on with that; who needs a new key waits. A request goes on
/// when who waits for it is cancelled, so that it is not lost to others.
class JwksClient {
 public:
  /// Asks nothing yet. std::invalid_argument for a URL or times that can't be used.
  explicit JwksClient(std::string_view url, JwksClientOptions options = {});

  /// The set, which is asked for when there is none, when it has expired, or when it has no key of that `kid`; empty:
  /// any key will do. It may still not have it. Secrets (`oct`) that a set contains are left out: they are none any
  /// more. JwksClientError.
  Async<std::shared_ptr<const JwkSet>> jwk_set(std::string_view kid = {}) const;
  /// The key of that `kid`. JwksClientError also when there is none.
  Async<Jwk> signing_key(std::string kid) const;

 private:
  struct State;
  static Async<> fetch(std::shared_ptr<State> state);
  static Async<std::shared_ptr<const JwkSet>> get(std::shared_ptr<State> state, std::string kid);
  std::shared_ptr<State> state_;
};

}  // namespace coroute

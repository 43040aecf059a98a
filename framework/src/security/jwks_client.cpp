// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwks_client.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/lock.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/client/client.hpp"
#include "jwk_data.hpp"
#include "jwks_cache.hpp"

namespace coroute {
namespace {

using detail::JwksCache;

ClientOptions limited(JwksClientOptions& options) {
  ClientOptions client = std::move(options.client);
  auto& total = client.timeout.total;
  total = total.count() == 0 ? options.timeout : std::min(total, options.timeout);
  client.limits.max_body_bytes = std::min<std::uint64_t>(client.limits.max_body_bytes, options.max_body_bytes);
  return client;
}

JwkSet without_secrets(const JwkSet& set) {
  std::vector<Jwk> keys;
  for (const Jwk& key : set.keys()) {
    if (key.data().key) keys.push_back(key);
  }
  if (keys.empty()) throw JwkSetError("The JWK Set did not contain any usable keys");
  return JwkSet(std::move(keys));
}

JwksClientOptions checked(JwksClientOptions options) {
  constexpr std::chrono::seconds none{0};
  if (options.lifespan <= none || options.cooldown < none || options.max_stale < none)
    throw std::invalid_argument("JwksClient: lifespan must be above zero, cooldown and max_stale not below");
  return options;
}

}  // namespace

struct JwksClient::State {
  State(const Url& where, JwksClientOptions options)
      : url(where.to_string()), cache(options), client(limited(options)) {}

  const std::string url;
  JwksCache cache;
  Client client;
  Lock fetching;
};

JwksClient::JwksClient(std::string_view url, JwksClientOptions options)
    : state_(std::make_shared<State>(Url::parse(url), checked(std::move(options)))) {}

Async<> JwksClient::fetch(std::shared_ptr<State> state) {
  std::exception_ptr error;
  try {
    const ClientResponse response = co_await state->client.get(state->url);
    response.raise_for_status();
    const JwkSet set = without_secrets(JwkSet::parse(response.text()));
    state->cache.succeeded(std::make_shared<const JwkSet>(set), EventLoop::current().time());
    co_return;
  } catch (const ClientError& failure) {
    error = std::make_exception_ptr(JwksClientConnectionError(std::string("Failed to fetch keys: ") + failure.what()));
  } catch (const JwkSetError& failure) {
    error = std::make_exception_ptr(JwksClientError(failure.what()));
  }
  state->cache.failed(std::move(error), EventLoop::current().time());
}

Async<std::shared_ptr<const JwkSet>> JwksClient::get(std::shared_ptr<State> state, std::string kid) {
  JwksCache::Answer answer = state->cache.look(kid, EventLoop::current().time());
  if (answer.need != JwksCache::Need::Nothing) {
    LockGuard guard = state->fetching.try_acquire();
    if (!guard && answer.need == JwksCache::Need::MayFetch) co_return answer.set;
    if (!guard) guard = co_await state->fetching.acquire();
    answer = state->cache.look(kid, EventLoop::current().time());  // others may have asked meanwhile
    if (answer.need != JwksCache::Need::Nothing) {
      co_await shielded(fetch(state));
      answer = state->cache.look(kid, EventLoop::current().time());
    }
  }
  if (!answer.set && answer.error) std::rethrow_exception(answer.error);
  if (!answer.set) throw JwksClientConnectionError("Failed to fetch keys: they had expired when they were to be used");
  co_return answer.set;
}

Async<std::shared_ptr<const JwkSet>> JwksClient::jwk_set(std::string_view kid) const {
  return get(state_, std::string(kid));
}

Async<Jwk> JwksClient::signing_key(std::string kid) const {
  const std::shared_ptr<const JwkSet> set = co_await get(state_, kid);
  const Jwk* const key = set->find(kid);
  if (!key) throw JwksClientError("Unable to find a signing key that matches: \"" + kid + "\"");
  co_return *key;
}

}  // namespace coroute

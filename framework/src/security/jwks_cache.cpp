// SPDX-License-Identifier: BSL-1.0
#include "jwks_cache.hpp"

#include <utility>

namespace coroute::detail {
namespace {

/// A key without a kid may be the one that is meant, as `jwt_decode` takes it.
bool may_have(const JwkSet& set, std::string_view kid) {
  return kid.empty() || set.find(kid) || set.find("");
}

}  // namespace

JwksCache::Answer JwksCache::look(std::string_view kid, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const bool may_ask = !tried_at_ || now - *tried_at_ >= cooldown_;
  const auto age = now - fetched_at_;
  if (!set_ || age >= lifespan_ + max_stale_) {
    // Without an error to give, the cooldown is one after a success: it is longer than the set may be used.
    return {.need = may_ask || !error_ ? Need::MustFetch : Need::Nothing, .error = error_};
  }
  if (!may_ask) return {.need = Need::Nothing, .set = set_};
  if (!may_have(*set_, kid)) return {.need = Need::MustFetch, .set = set_};
  return {.need = age >= lifespan_ ? Need::MayFetch : Need::Nothing, .set = set_};
}

void JwksCache::succeeded(std::shared_ptr<const JwkSet> set, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  set_ = std::move(set);
  fetched_at_ = now;
  tried_at_ = now;
  error_ = nullptr;
}

void JwksCache::failed(std::exception_ptr error, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  tried_at_ = now;
  error_ = std::move(error);
}

}  // namespace coroute::detail

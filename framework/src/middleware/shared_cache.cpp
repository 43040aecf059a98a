// SPDX-License-Identifier: BSL-1.0
#include "shared_cache.hpp"

#include <functional>

#include "middleware/buffered_body.hpp"
#include "middleware/cache_control.hpp"
#include "middleware/request_url.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view with_credentials = "credentials ";

std::string plain_url_of(const Request& request) {
  return request_url(request, request.scheme(), request.host());
}

std::string url_of(const Request& request) {
  const bool has_credentials = request.headers().contains("authorization") || request.headers().contains("cookie");
  return std::string(has_credentials ? with_credentials : "").append(plain_url_of(request));
}

}  // namespace

std::string SharedCache::key_of(const Request& request) {
  std::string key = url_of(request);
  const std::lock_guard lock(vary_mutex_);
  const std::vector<std::string>* const names = vary_.find(key);
  if (!names) return key;
  for (const std::string& name : *names) {
    key.append("\n").append(name);
    // No value has a line feed: what one line says is never what two say together.
    for (const std::string_view value : request.headers().get_all(name))
      key.append("\n:").append(value);
  }
  return key;
}

std::atomic<std::uint64_t>& SharedCache::generation(const Request& request) const {
  return generations_[std::hash<std::string>()(plain_url_of(request)) % generation_count];
}

std::uint64_t SharedCache::generation_of(const Request& request) const {
  return generation(request).load();
}

void SharedCache::invalidate(const Request& request) {
  const std::string url = plain_url_of(request);
  const std::lock_guard turn(turn_);
  ++generation(request);
  store_.erase_with_variants(url);
  store_.erase_with_variants(std::string(with_credentials).append(url));
}

bool SharedCache::keep(const Request& request, const Response& response, const std::string& key,
                       std::uint64_t generation, Clock::time_point now) {
  const std::lock_guard turn(turn_);
  return generation == generation_of(request) && keep_in_turn(request, response, key, now);
}

bool SharedCache::keep_in_turn(const Request& request, const Response& response, const std::string& key,
                               Clock::time_point now) {
  const auto lifetime = shared_lifetime(request, response, options_.default_ttl);
  auto names = vary_names(response.headers);
  const auto body = buffered_body(response);
  if (lifetime && names && body && body->size() <= options_.max_body_bytes) {
    set_vary(url_of(request), std::move(*names));
    const Clock::time_point made_at = now - received_age(response.headers);
    if (store_.put(key_of(request), {StoredResponse::of(response), {}, made_at, now + *lifetime})) return true;
  }
  // A refusal, or an answer to a condition, is nothing that one client should decide for the others.
  if (is_cacheable(response.status)) store_.put(key, {{}, {}, now, now + options_.uncacheable_ttl});
  return false;
}

void SharedCache::set_vary(const std::string& url, std::vector<std::string> names) {
  const std::lock_guard lock(vary_mutex_);
  if (names.empty())
    vary_.erase(url);
  else
    vary_.put(url, std::move(names), 2 * url.size());
}

}  // namespace coroute::detail

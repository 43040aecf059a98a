// SPDX-License-Identifier: BSL-1.0
#include "shared_cache.hpp"

#include "middleware/buffered_body.hpp"
#include "middleware/cache_control.hpp"
#include "middleware/request_url.hpp"

namespace coroute::detail {
namespace {

std::string url_of(const Request& request) {
  const bool has_credentials = request.headers().contains("authorization") || request.headers().contains("cookie");
  return (has_credentials ? "credentials " : "") + request_url(request, request.scheme(), request.host());
}

}  // namespace

std::string SharedCache::key_of(const Request& request) {
  std::string key = url_of(request);
  const std::lock_guard lock(vary_mutex_);
  const std::vector<std::string>* const names = vary_.find(key);
  if (!names) return key;
  for (const std::string& name : *names) {
    key.append("\n").append(name);
    for (const std::string_view value : request.headers().get_all(name))
      key.append(":").append(value);
  }
  return key;
}

bool SharedCache::keep(const Request& request, const Response& response, const std::string& key,
                       Clock::time_point now) {
  const auto lifetime = shared_lifetime(request, response, options_.default_ttl);
  auto names = vary_names(response.headers);
  const auto body = buffered_body(response);
  if (lifetime && names && body && body->size() <= options_.max_body_bytes) {
    set_vary(url_of(request), std::move(*names));
    if (store_.put(key_of(request), {StoredResponse::of(response), {}, now, now + *lifetime})) return true;
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

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers to GET that all clients may have (RFC 9111). For all loops at once.
#include <mutex>
#include <string>
#include <vector>

#include "coroute/http/request.hpp"
#include "coroute/middleware/response_cache.hpp"
#include "middleware/lru_map.hpp"
#include "middleware/response_store.hpp"

namespace coroute::detail {

class SharedCache {
 public:
  explicit SharedCache(ResponseCacheOptions options)
      : options_(options),
        store_(options.max_entries, options.max_bytes),
        vary_(options.max_entries, options.max_bytes) {}

  ResponseStore& store() noexcept { return store_; }

  /// Under which the answer to this request is kept, as far as it is known which fields make a difference. Requests
  /// with credentials have keys of their own: what they are answered says nothing about the others.
  std::string key_of(const Request& request);

  /// Stores the answer, or the fact that the like of it need not be waited for. False: it is of no use to others.
  bool keep(const Request& request, const Response& response, const std::string& key, Clock::time_point now);

 private:
  void set_vary(const std::string& url, std::vector<std::string> names);

  ResponseCacheOptions options_;
  ResponseStore store_;
  std::mutex vary_mutex_;
  LruMap<std::vector<std::string>> vary_;  // by URL
};

}  // namespace coroute::detail

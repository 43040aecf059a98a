// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers to GET that all clients may have (RFC 9111). For all loops at once.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
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

  /// To be asked before the handler is, for `keep`.
  std::uint64_t generation_of(const Request& request) const;
  /// Stores the answer, or the fact that the like of it need not be waited for. False: it is of no use to others, or
  /// was made before something has changed the resource.
  bool keep(const Request& request, const Response& response, const std::string& key, std::uint64_t generation,
            Clock::time_point now);
  /// The resource may have changed: forgets all answers of its URL, also those that are being made.
  void invalidate(const Request& request);

 private:
  static constexpr std::size_t generation_count = 256;

  std::atomic<std::uint64_t>& generation(const Request& request) const;
  bool keep_in_turn(const Request& request, const Response& response, const std::string& key, Clock::time_point now);
  void set_vary(const std::string& url, std::vector<std::string> names);

  ResponseCacheOptions options_;
  ResponseStore store_;
  std::mutex turn_;  // of whoever keeps an answer or forgets some
  mutable std::array<std::atomic<std::uint64_t>, generation_count> generations_{};  // each of many URLs
  std::mutex vary_mutex_;
  LruMap<std::vector<std::string>> vary_;  // by URL
};

}  // namespace coroute::detail

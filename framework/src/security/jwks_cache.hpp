// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a JwksClient has and what it may do when. No I/O, and no clock.
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "coroute/asyncio/clock.hpp"
#include "coroute/security/jwks_client.hpp"

namespace coroute::detail {

class JwksCache {
 public:
  enum class Need : unsigned char {
    Nothing,    ///< The set will do, or nothing better is to be had now.
    MayFetch,   ///< It has expired, but is still good while others ask.
    MustFetch,  ///< Nothing can be done without asking.
  };
  struct Answer {
    Need need = Need::MustFetch;
    std::shared_ptr<const JwkSet> set = {};  ///< Null: there is none to be used; once it was asked, `error` says why.
    std::exception_ptr error = {};
  };

  explicit JwksCache(const JwksClientOptions& options)
      : lifespan_(options.lifespan), cooldown_(options.cooldown), max_stale_(options.max_stale) {}

  /// Any thread.
  Answer look(std::string_view kid, Clock::time_point now) const;
  void succeeded(std::shared_ptr<const JwkSet> set, Clock::time_point now);
  void failed(std::exception_ptr error, Clock::time_point now);

 private:
  const std::chrono::seconds lifespan_;
  const std::chrono::seconds cooldown_;
  const std::chrono::seconds max_stale_;
  mutable std::mutex mutex_;
  std::shared_ptr<const JwkSet> set_;
  Clock::time_point fetched_at_{};
  std::optional<Clock::time_point> tried_at_;
  std::exception_ptr error_;
};

}  // namespace coroute::detail

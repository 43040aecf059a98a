// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The cookies of a client, which all loops share.
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/http/cookie_jar.hpp"

namespace coroute {

/// `ClientOptions::cookies`: what servers set is kept and sent back to them (see CookieJar). A client that serves many
/// users has none, else they would share a session. Any thread.
///
///     const auto cookies = std::make_shared<ClientCookies>();
///     Client shop{{.base_url = "https://shop.example", .cookies = cookies}};
class ClientCookies {
 public:
  /// `clock` says when cookies expire; empty: the system's. Called on every thread.
  explicit ClientCookies(Function<CookieJar::TimePoint()> clock = {}) : jar_(std::move(clock)) {}

  /// Takes the value of a Set-Cookie field of an answer from `url`.
  void store(std::string_view set_cookie, const Url& url) {
    const std::lock_guard lock(mutex_);
    jar_.store(set_cookie, url);
  }
  /// The value of the Cookie field for a request to `url`; empty: none.
  std::string header_for(const Url& url) {
    const std::lock_guard lock(mutex_);
    return jar_.header_for(url);
  }
  /// Of several of that name the one set last.
  std::optional<std::string> get(std::string_view name) {
    const std::lock_guard lock(mutex_);
    return jar_.get(name);
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return jar_.size();
  }
  /// All of that name; returns how many there were.
  std::size_t remove(std::string_view name) {
    const std::lock_guard lock(mutex_);
    return jar_.remove(name);
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    jar_.clear();
  }

 private:
  std::mutex mutex_;
  CookieJar jar_;
};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a client keeps of Set-Cookie and sends back (RFC 6265 section 5, with RFC 6265bis where cookies are secure).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/function.hpp"
#include "coroute/http/url.hpp"

namespace coroute {

/// Cookies are told apart by name, domain and path. What is expired is never seen. SameSite is not looked at: a client
/// without pages has no site. Used by one thread at a time. Servers can't fill it without end: above a limit the
/// cookies that were set longest ago go.
class CookieJar {
 public:
  using TimePoint = std::chrono::system_clock::time_point;
  static constexpr std::size_t max_cookies = 3000;
  static constexpr std::size_t max_cookies_per_domain = 180;
  static constexpr std::size_t max_cookie_bytes = 4096;  ///< Of name and value together; a longer one is left out.

  /// `clock` says when cookies expire; empty: the system's.
  explicit CookieJar(Function<TimePoint()> clock = {}) : clock_(std::move(clock)) {}

  /// Takes the value of a Set-Cookie field in a response to a request for `url`. Never fails: a field that is no cookie
  /// or that sets one for another host is left out, as browsers do; attributes that make no sense are as if not there.
  /// Over plain http a cookie can't be `Secure`, and none takes the place of one that is; one called `__Secure-...` or
  /// `__Host-...` has to be what that says.
  void store(std::string_view set_cookie, const Url& url);

  /// The value of the Cookie field for a request to `url`, longest paths first; empty when there is none to send.
  std::string header_for(const Url& url);

  /// The value as a handler's `Request::cookie` gives it; of several of that name the one set last.
  std::optional<std::string> get(std::string_view name);
  bool contains(std::string_view name) { return get(name).has_value(); }
  std::size_t size();
  bool empty() { return size() == 0; }

  /// All of that name, whatever their domain and path. Returns how many there were.
  std::size_t remove(std::string_view name);
  void clear() noexcept { cookies_.clear(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;  // as it was sent, quotes and all
    std::string domain;
    std::string path;
    bool host_only = true;
    bool secure = false;
    std::optional<TimePoint> expires;
    std::uint64_t changed = 0;
  };

  static std::optional<Cookie> parse(std::string_view set_cookie, const Url& url, TimePoint now);
  static bool is_for(const Cookie& cookie, const Url& url);
  bool hides_secure_one(const Cookie& cookie);
  TimePoint now() const { return clock_ ? clock_() : std::chrono::system_clock::now(); }
  void drop_expired();
  void drop_oldest_of(std::string_view domain);

  Function<TimePoint()> clock_;
  std::vector<Cookie> cookies_;  // in the order in which they were first set
  std::uint64_t changes_ = 0;
};

}  // namespace coroute

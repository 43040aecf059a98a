// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What stands in a session's cookie.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coroute::detail {

/// JSON as the value of a cookie that only this server can have made.
class SessionCookie {
 public:
  using Time = std::chrono::system_clock::time_point;
  using MaxAge = std::optional<std::chrono::seconds>;

  SessionCookie() = default;
  SessionCookie(const SessionCookie&) = delete;
  SessionCookie& operator=(const SessionCookie&) = delete;
  virtual ~SessionCookie() = default;

  virtual std::string write(std::string_view json, Time now) const = 0;
  /// Nothing when it isn't ours, or too old.
  virtual std::optional<std::string> read(std::string_view value, MaxAge max_age, Time now) const = 0;
};

/// Readable for the client: base64, signed as Starlette does. The first secret signs, all verify.
std::unique_ptr<SessionCookie> signed_session_cookie(const std::vector<std::string>& secrets);

/// Readable for nobody: AES-256-GCM over the time and the JSON, bound to the cookie's name. The first secret encrypts.
std::unique_ptr<SessionCookie> encrypted_session_cookie(const std::vector<std::string>& secrets, std::string name);

}  // namespace coroute::detail

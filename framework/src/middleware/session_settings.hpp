// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How sessions become fields of requests and answers.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/request.hpp"
#include "coroute/middleware/session.hpp"
#include "middleware/session_cookie.hpp"

namespace coroute::detail {

class SessionSettings {
 public:
  /// std::invalid_argument: see SessionMiddleware.
  explicit SessionSettings(SessionOptions given);

  /// The JSON text in the request's cookie; nothing when that is forged, broken, too old or not there.
  std::optional<std::string> read(const Request& request) const;
  /// A Set-Cookie field with that JSON; std::length_error when it is too large.
  std::string field(std::string_view json) const;
  /// One that has the browser forget the cookie.
  std::string deletion() const;

 private:
  std::string field(std::string_view value, const std::string& lifetime) const;

  SessionOptions options_;
  std::unique_ptr<SessionCookie> cookie_;
  std::string flags_;
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Sessions in cookies: Starlette's SessionMiddleware.
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/http/cookie.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

namespace detail {
class SessionSettings;
}

struct SessionOptions {
  /// The first one makes cookies, all are good for reading them: to rotate, put a new one in front and take the last
  /// one away after `max_age`. Long random text.
  std::vector<std::string> secret_keys;
  std::string session_cookie = "session";
  /// How long a cookie is good after it was made; nullopt: until the browser is closed.
  std::optional<std::chrono::seconds> max_age = std::chrono::hours(14 * 24);
  std::string path = "/";
  SameSite same_site = SameSite::Lax;
  /// Whether browsers send it over https only.
  bool https_only = false;
  /// Empty: for this host only.
  std::string domain = {};
  bool partitioned = false;
  /// Whether the client can't read what is in it (AES-256-GCM); else it is signed, as Starlette's are: one secret, and
  /// Starlette reads our cookies and we its.
  bool encrypted = false;
  /// Of name and value; browsers drop more (RFC 6265 section 6.1). Above: std::length_error, so a 500 that is logged.
  std::size_t max_cookie_bytes = 4096;
};

/// Gives handlers `Request::session()`. The cookie is set only when the session has changed, deleted when it is empty
/// then; an answer for which it was looked at has `vary: Cookie`. A cookie that is forged, broken or too old counts as
/// none. Nothing is kept on the server: a cookie that was stolen stays good until `max_age`, whatever later ones say.
///
///     app.use(SessionMiddleware({.secret_keys = {secret}}));
///     app.get("/visits", [](Request& request) {
///       Json& session = request.session();
///       session["visits"] = session.value("visits", 0) + 1;
///       return session["visits"];
///     });
///
/// What throws past it leaves the session as it was. While a streamed body is made there is no session: the fields have
/// gone out.
class SessionMiddleware {
 public:
  /// std::invalid_argument without secrets, with an empty one, and for texts that a cookie can't have.
  explicit SessionMiddleware(SessionOptions options);
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  class Session;
  static Async<Response> serve(const detail::SessionSettings& settings, Request& request, const Handler& next);

  std::shared_ptr<const detail::SessionSettings> settings_;
};

}  // namespace coroute

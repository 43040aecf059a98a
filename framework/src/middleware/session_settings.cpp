// SPDX-License-Identifier: BSL-1.0
#include "session_settings.hpp"

#include <stdexcept>

namespace coroute::detail {

SessionSettings::SessionSettings(SessionOptions given) : options_(std::move(given)) {
  cookie_ = options_.encrypted ? encrypted_session_cookie(options_.secret_keys, options_.session_cookie)
                               : signed_session_cookie(options_.secret_keys);
  const SetCookie sample{.name = options_.session_cookie, .path = options_.path, .domain = options_.domain};
  static_cast<void>(sample.to_string());  // throws
  const SameSite same_site = options_.same_site;
  flags_ = same_site == SameSite::Lax ? "lax" : same_site == SameSite::Strict ? "strict" : "none";
  flags_.insert(0, "httponly; samesite=");
  if (options_.https_only) flags_ += "; secure";
  if (!options_.domain.empty()) flags_ += "; domain=" + options_.domain;
  if (options_.partitioned) flags_ += "; partitioned";
}

std::optional<std::string> SessionSettings::read(const Request& request) const {
  const auto value = request.cookie(options_.session_cookie);
  return value ? cookie_->read(*value, options_.max_age, std::chrono::system_clock::now()) : std::nullopt;
}

std::string SessionSettings::field(std::string_view json) const {
  const std::string value = cookie_->write(json, std::chrono::system_clock::now());
  if (options_.session_cookie.size() + value.size() > options_.max_cookie_bytes)
    throw std::length_error("the session's cookie would be larger than max_cookie_bytes");
  return field(value, options_.max_age ? "Max-Age=" + std::to_string(options_.max_age->count()) + "; " : "");
}

std::string SessionSettings::deletion() const {
  return field("null", "expires=Thu, 01 Jan 1970 00:00:00 GMT; ");
}

/// Starlette's spelling: not SetCookie's, which would quote the value.
std::string SessionSettings::field(std::string_view value, const std::string& lifetime) const {
  return options_.session_cookie + "=" + std::string(value) + "; path=" + options_.path + "; " + lifetime + flags_;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/session.hpp"

#include <stdexcept>

#include "coroute/asyncio/errors.hpp"
#include "coroute/json.hpp"
#include "middleware/session_cookie.hpp"
#include "middleware/vary.hpp"

namespace coroute {

struct SessionMiddleware::Settings {
  explicit Settings(SessionOptions given)
      : options(std::move(given)),
        cookie(options.encrypted ? detail::encrypted_session_cookie(options.secret_keys, options.session_cookie)
                                 : detail::signed_session_cookie(options.secret_keys)) {
    SetCookie sample{.name = options.session_cookie, .path = options.path, .domain = options.domain};
    static_cast<void>(sample.to_string());  // throws
    flags = options.same_site == SameSite::Lax ? "lax" : options.same_site == SameSite::Strict ? "strict" : "none";
    flags.insert(0, "httponly; samesite=");
    if (options.https_only) flags += "; secure";
    if (!options.domain.empty()) flags += "; domain=" + options.domain;
    if (options.partitioned) flags += "; partitioned";
  }

  /// Starlette's spelling: not SetCookie's, which would quote the value.
  std::string field(std::string_view value, const std::string& lifetime) const {
    return options.session_cookie + "=" + std::string(value) + "; path=" + options.path + "; " + lifetime + flags;
  }

  SessionOptions options;
  std::unique_ptr<detail::SessionCookie> cookie;
  std::string flags;
};

/// Read when it is first asked for.
class SessionMiddleware::Session final : public SessionSource {
 public:
  Session(const Settings& settings, Request& request)
      : settings_(settings), request_(request), outer_(request.session_source()) {
    request.set_session_source(this);
  }
  ~Session() { request_.set_session_source(outer_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Json& session() override {
    if (!was_read_) read();
    return data_;
  }

  void write_to(Response& response) const {
    if (!was_read_) return;
    detail::add_vary(response.headers, "Cookie");
    const std::string json = to_json_text(data_);
    if (json == before_) return;
    const SessionOptions& options = settings_.options;
    if (!data_.empty()) {
      if (!data_.is_object()) throw RuntimeError("a session is a JSON object, not " + json);
      const std::string value = settings_.cookie->write(json, std::chrono::system_clock::now());
      if (options.session_cookie.size() + value.size() > options.max_cookie_bytes)
        throw std::length_error("the session's cookie would be larger than max_cookie_bytes");
      const std::string age = options.max_age ? "Max-Age=" + std::to_string(options.max_age->count()) + "; " : "";
      response.headers.add("set-cookie", settings_.field(value, age));
    } else if (before_ != "{}") {
      response.headers.add("set-cookie", settings_.field("null", "expires=Thu, 01 Jan 1970 00:00:00 GMT; "));
    }
  }

 private:
  void read() {
    was_read_ = true;
    data_ = Json::object();
    const SessionOptions& options = settings_.options;
    const auto value = request_.cookie(options.session_cookie);
    const auto json =
        value ? settings_.cookie->read(*value, options.max_age, std::chrono::system_clock::now()) : std::nullopt;
    if (json) {
      Json found = Json::parse(*json, nullptr, false);
      if (found.is_object()) data_ = std::move(found);
    }
    before_ = to_json_text(data_);
  }

  const Settings& settings_;
  Request& request_;
  SessionSource* outer_;
  Json data_;
  std::string before_;
  bool was_read_ = false;
};

SessionMiddleware::SessionMiddleware(SessionOptions options)
    : settings_(std::make_shared<const Settings>(std::move(options))) {}

Async<Response> SessionMiddleware::serve(const Settings& settings, Request& request, const Handler& next) {
  Session session(settings, request);
  Response response = co_await next(request);
  session.write_to(response);
  co_return response;
}

Async<Response> SessionMiddleware::operator()(Request& request, const Handler& next) const {
  return serve(*settings_, request, next);
}

}  // namespace coroute

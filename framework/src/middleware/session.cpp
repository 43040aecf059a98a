// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/session.hpp"

#include "coroute/asyncio/errors.hpp"
#include "coroute/json.hpp"
#include "middleware/session_settings.hpp"
#include "middleware/vary.hpp"

namespace coroute {

/// Read when it is first asked for.
class SessionMiddleware::Session final : public SessionSource {
 public:
  Session(const detail::SessionSettings& settings, Request& request)
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
    if (!data_.empty()) {
      if (!data_.is_object()) throw RuntimeError("a session is a JSON object, not " + json);
      response.headers.add("set-cookie", settings_.field(json));
    } else if (before_ != "{}") {
      response.headers.add("set-cookie", settings_.deletion());
    }
  }

 private:
  void read() {
    was_read_ = true;
    data_ = Json::object();
    if (const auto json = settings_.read(request_)) {
      Json found = Json::parse(*json, nullptr, false);
      if (found.is_object()) data_ = std::move(found);
    }
    before_ = to_json_text(data_);
  }

  const detail::SessionSettings& settings_;
  Request& request_;
  SessionSource* outer_;
  Json data_;
  std::string before_;
  bool was_read_ = false;
};

SessionMiddleware::SessionMiddleware(SessionOptions options)
    : settings_(std::make_shared<const detail::SessionSettings>(std::move(options))) {}

Async<Response> SessionMiddleware::serve(const detail::SessionSettings& settings, Request& request,
                                         const Handler& next) {
  Session session(settings, request);
  Response response = co_await next(request);
  session.write_to(response);
  co_return response;
}

Async<Response> SessionMiddleware::operator()(Request& request, const Handler& next) const {
  return serve(*settings_, request, next);
}

}  // namespace coroute

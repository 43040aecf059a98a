// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A Request made of text, and the answer that a Handler gives to it in virtual time.
///
///     TestRequest request("GET", "/items/7?q=x");
///     CHECK(answer(handler, request).body == "...");
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/http/handler.hpp"
#include "coroute/http/method.hpp"
#include "support/memory_body.hpp"

namespace coroute::testing {

/// Owns all that a Request looks at. Say everything before `get` is called: that makes the Request.
class TestRequest {
 public:
  /// To http://testserver over HTTP/1.1.
  explicit TestRequest(std::string_view method = "GET", std::string_view target = "/") {
    head_.method_name = keep(method);
    head_.method = parse_method(head_.method_name);
    head_.target = keep(target);
    header("host", "testserver");
  }

  TestRequest& header(std::string_view name, std::string_view value) {
    fields_.push_back({keep(name), keep(value)});
    return *this;
  }
  TestRequest& without_headers() {
    fields_.clear();
    return *this;
  }
  TestRequest& version(int version) {
    head_.version = version;
    return *this;
  }
  TestRequest& scheme(std::string_view scheme) {
    head_.scheme = keep(scheme);
    return *this;
  }
  TestRequest& from(std::string host, std::uint16_t port) {
    peer_ = std::make_unique<PeerAddress>(PeerAddress{std::move(host), port});
    return *this;
  }
  TestRequest& body(std::vector<std::string> pieces, Clock::duration delay = {}, bool in_memory = false) {
    body_ = std::make_unique<MemoryBody>(std::move(pieces), delay, in_memory);
    return *this;
  }
  TestRequest& json(std::string text) { return header("content-type", "application/json").body({std::move(text)}); }

  Request& get() {
    if (!request_) {
      head_.headers = HeadersView(fields_);
      request_ = std::make_unique<Request>(head_, body_.get(), peer_.get());
    }
    return *request_;
  }
  Request& operator*() { return get(); }
  Request* operator->() { return &get(); }
  MemoryBody& source() { return *body_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  std::deque<std::string> texts_;  // a growing deque leaves its elements where they are
  std::vector<HeaderField> fields_;
  RequestHead head_;
  std::unique_ptr<PeerAddress> peer_;
  std::unique_ptr<MemoryBody> body_;
  std::unique_ptr<Request> request_;
};

/// Throws what the handler throws.
inline Async<Response> call(const Handler& handler, Request& request) {
  co_return co_await handler(request);
}

inline Response answer(const Handler& handler, TestRequest& request) {
  return run(call(handler, request.get()), {.virtual_time = true});
}
inline Response answer(const Handler& handler, std::string_view method, std::string_view target) {
  TestRequest request(method, target);
  return answer(handler, request);
}

}  // namespace coroute::testing

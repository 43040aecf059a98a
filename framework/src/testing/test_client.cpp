// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_client.hpp"

#include <exception>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/shutdown.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "outgoing_test_request.hpp"
#include "test_client_core.hpp"
#include "test_websocket_state.hpp"

namespace coroute {
namespace {

Async<void> pause(Clock::duration duration) {
  co_await sleep(duration);
}

}  // namespace

TestClient::TestClient(App&& app, TestClientOptions options)
    : TestClient(std::move(app).service(), std::move(options)) {}

TestClient::TestClient(Handler handler, TestClientOptions options)
    : TestClient(Service{std::move(handler)}, std::move(options)) {}

TestClient::TestClient(Service service, TestClientOptions options)
    : core_(std::make_shared<detail::TestClientCore>(std::move(service), std::move(options))),
      exceptions_at_start_(std::uncaught_exceptions()) {
  core_->start_on_own_loop();
}

TestClient::~TestClient() noexcept(false) {
  try {
    core_->close();
  } catch (const LeftBehind& left) {
    const bool unwinding = std::uncaught_exceptions() > exceptions_at_start_;
    try {
      if (!core_->options().on_left_behind) throw;
      core_->options().on_left_behind(left);
    } catch (...) {
      if (!unwinding) throw;
      call_exception_handler({"a TestClient was destroyed", std::current_exception(), {}});
    }
  }
}

TestResponse TestClient::get(std::string_view url, TestRequestOptions request) {
  return this->request("GET", url, std::move(request));
}
TestResponse TestClient::head(std::string_view url, TestRequestOptions request) {
  return this->request("HEAD", url, std::move(request));
}
TestResponse TestClient::options(std::string_view url, TestRequestOptions request) {
  return this->request("OPTIONS", url, std::move(request));
}
TestResponse TestClient::post(std::string_view url, TestRequestOptions request) {
  return this->request("POST", url, std::move(request));
}
TestResponse TestClient::put(std::string_view url, TestRequestOptions request) {
  return this->request("PUT", url, std::move(request));
}
TestResponse TestClient::patch(std::string_view url, TestRequestOptions request) {
  return this->request("PATCH", url, std::move(request));
}
TestResponse TestClient::del(std::string_view url, TestRequestOptions request) {
  return this->request("DELETE", url, std::move(request));
}
TestResponse TestClient::request(std::string_view method, std::string_view url, TestRequestOptions request) {
  check_can_run();
  return run(async_request(method, url).with(std::move(request)).send());
}

TestWebSocket TestClient::websocket_connect(std::string_view url, TestWebSocketOptions options) {
  check_can_run();
  return TestWebSocket(run(detail::open_test_websocket(core_, std::string(url), std::move(options))));
}

Async<WebSocket> TestClient::async_websocket_connect(std::string url) {
  return async_websocket_connect(std::move(url), TestWebSocketOptions());
}

Async<WebSocket> TestClient::async_websocket_connect(std::string url, TestWebSocketOptions options) {
  const auto state = co_await detail::open_test_websocket(core_, std::move(url), std::move(options));
  co_return std::move(state->websocket);
}

TestRequestBuilder TestClient::async_get(std::string_view url) {
  return async_request("GET", url);
}
TestRequestBuilder TestClient::async_head(std::string_view url) {
  return async_request("HEAD", url);
}
TestRequestBuilder TestClient::async_options(std::string_view url) {
  return async_request("OPTIONS", url);
}
TestRequestBuilder TestClient::async_post(std::string_view url) {
  return async_request("POST", url);
}
TestRequestBuilder TestClient::async_put(std::string_view url) {
  return async_request("PUT", url);
}
TestRequestBuilder TestClient::async_patch(std::string_view url) {
  return async_request("PATCH", url);
}
TestRequestBuilder TestClient::async_del(std::string_view url) {
  return async_request("DELETE", url);
}
TestRequestBuilder TestClient::async_request(std::string_view method, std::string_view url) {
  return TestRequestBuilder(core_, method, url);
}

void TestClient::advance(Clock::duration duration) {
  check_can_run();
  run(pause(duration));
}

void TestClient::shut_down() {
  core_->announce_shutdown();
}

EventLoop& TestClient::loop() {
  return core_->loop();
}

CookieJar& TestClient::cookies() noexcept {
  return core_->cookies();
}

void TestClient::set_cookie(const SetCookie& cookie) {
  const Url& base = core_->base_url();
  // A test says that it is there, however it came: a host can set secure ones through https alone.
  const Url from = cookie.secure ? Url::parse("https://" + std::string(base.authority()) + "/") : base;
  core_->cookies().store(cookie.to_string(), from);
}

Headers& TestClient::headers() noexcept {
  return core_->headers();
}

void TestClient::close() {
  core_->close();
}

Async<void> TestClient::async_start() {
  return core_->start();
}

Async<void> TestClient::async_close() {
  co_await core_->stop();
  core_->close();
}

void TestClient::check_can_run() {
  core_->check_can_run();
}

void TestClient::run_until_done(const AnyTask& task) {
  core_->run_until_done(task);
}

}  // namespace coroute

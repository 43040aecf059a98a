// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `TestClient`: asks an application in the test's own process, without a socket and in virtual time.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/http/cookie.hpp"
#include "coroute/http/cookie_jar.hpp"
#include "coroute/http/service.hpp"
#include "coroute/testing/left_behind.hpp"
#include "coroute/testing/test_request.hpp"
#include "coroute/testing/test_response.hpp"
#include "coroute/testing/test_websocket.hpp"
#include "coroute/tls/connection.hpp"

namespace coroute {

class App;

struct TestClientOptions {
  /// http or https; what a URL without a host is appended to.
  std::string base_url = "http://testserver";
  /// Sent with every request, unless that has fields of the same name.
  Headers headers = {};
  std::string user_agent = "testclient";  ///< Empty: none.
  bool follow_redirects = true;
  std::size_t max_redirects = 20;  ///< One more: TooManyRedirects.
  /// An exception that a server would answer with 500 is thrown to the test instead.
  bool raise_server_exceptions = true;
  std::uint64_t max_body_bytes = 1024 * 1024;  ///< Of a request, as ServerLimits has it. Above: 413.
  PeerAddress client = {"testclient", 50000};  ///< What `Request::client` gives.
  std::optional<TlsConnection> tls = {};       ///< What `Request::tls` gives, a client's certificate for instance.
  /// For what the application runs after serving, in the time of the loop; then `close` throws TimeoutError.
  std::chrono::milliseconds shutdown_timeout{10'000};
  /// False for handlers that use real sockets or processes.
  bool virtual_time = true;
  /// Called by the destructor when something is left behind; what it throws leaves the destructor. Empty: throws the
  /// LeftBehind, so that the test fails; while another exception is on its way it goes to the exception handler.
  Function<void(const LeftBehind&)> on_left_behind = nullptr;
};

/// Does what a server and a browser would: limits the request's body, turns exceptions into answers, waits for the
/// tasks of the request, follows redirects and keeps cookies. A redirect to another host goes to the same application,
/// without credentials.
///
///     TestClient client(make_app());
///     TestResponse response = client.post("/items", {.json = Json{{"name", "x"}}});
///     CHECK(response.status_code() == 201);
///     CHECK(response.json()["name"] == "x");
///
/// It has a loop of its own, which runs during its synchronous calls: time passes only there and at no cost. Made in a
/// coroutine it takes the loop that runs; then the `async_` members are the ones to use. One thread; not movable.
///
/// Lifespans and background tasks of the application start in the constructor, which throws what they throw, and end
/// when it is closed. On another's loop they start with `async_start` and end with `async_close`.
class TestClient {
 public:
  /// std::invalid_argument for a base URL or headers that can't be used.
  explicit TestClient(App&& app, TestClientOptions options = {});
  explicit TestClient(Service service, TestClientOptions options = {});
  explicit TestClient(Handler handler, TestClientOptions options = {});
  /// Closes it; see `TestClientOptions::on_left_behind`.
  ~TestClient() noexcept(false);
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // Each sends the request and gives the answer, or throws: what the handler threw (unless switched off),
  // DeadlockError with what everything waits for when no answer can ever come, TooManyRedirects, ProtocolError for a
  // redirect to what is no URL, std::invalid_argument for a request that can't be sent, RuntimeError in a coroutine.

  TestResponse get(std::string_view url, TestRequestOptions request = {});
  TestResponse head(std::string_view url, TestRequestOptions request = {});
  TestResponse options(std::string_view url, TestRequestOptions request = {});
  TestResponse post(std::string_view url, TestRequestOptions request = {});
  TestResponse put(std::string_view url, TestRequestOptions request = {});
  TestResponse patch(std::string_view url, TestRequestOptions request = {});
  TestResponse del(std::string_view url, TestRequestOptions request = {});
  /// Any method but CONNECT.
  TestResponse request(std::string_view method, std::string_view url, TestRequestOptions request = {});

  /// Opens a WebSocket. WebSocketHandshakeError, with the answer, when it is refused.
  ///
  ///     TestWebSocket ws = client.websocket_connect("/rooms/7", {.headers = {{"x-token", "fake"}}});
  TestWebSocket websocket_connect(std::string_view url, TestWebSocketOptions options = {});
  /// For a part of a test that awaits. What the handler throws once it is open goes to the exception handler of the
  /// process.
  Async<WebSocket> async_websocket_connect(std::string url);
  Async<WebSocket> async_websocket_connect(std::string url, TestWebSocketOptions options);

  TestRequestBuilder async_get(std::string_view url);
  TestRequestBuilder async_head(std::string_view url);
  TestRequestBuilder async_options(std::string_view url);
  TestRequestBuilder async_post(std::string_view url);
  TestRequestBuilder async_put(std::string_view url);
  TestRequestBuilder async_patch(std::string_view url);
  TestRequestBuilder async_del(std::string_view url);
  TestRequestBuilder async_request(std::string_view method, std::string_view url);

  /// Runs a coroutine on the client's loop and gives its result: for a part of a test that awaits.
  template <class T>
  T run(Async<T> coroutine);
  /// Lets `duration` pass: tasks and callbacks of the loop that are due meanwhile run.
  void advance(Clock::duration duration);

  /// As when a server begins to drain: see `shutdown_requested`. WebSockets get 1001, and requests their answers.
  void shut_down();

  /// RuntimeError after `close`.
  EventLoop& loop();
  /// Kept from answers and sent back. Their clock is the loop's: `advance` makes them expire.
  CookieJar& cookies() noexcept;
  /// As if the base URL's host had set it.
  void set_cookie(const SetCookie& cookie);
  /// What `TestClientOptions::headers` said; may be changed between requests.
  Headers& headers() noexcept;

  /// Throws LeftBehind when something still runs: on its own loop anything, on another's what handlers started.
  /// Whatever is thrown, the rest is cancelled and the client closed. A second time: nothing.
  void close();

  /// On another's loop: starts lifespans and background tasks. Throws what they throw.
  Async<void> async_start();
  /// On another's loop: ends them, then `close`.
  Async<void> async_close();

 private:
  void check_can_run();
  void run_until_done(const AnyTask& task);

  std::shared_ptr<detail::TestClientCore> core_;
  int exceptions_at_start_;
};

// Implementation

template <class T>
T TestClient::run(Async<T> coroutine) {
  check_can_run();
  Task<T> task = create_task_on(loop(), std::move(coroutine), "test");
  run_until_done(task);
  return task.result();
}

}  // namespace coroute

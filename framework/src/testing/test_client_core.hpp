// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The part of a TestClient that requests in progress keep alive.
#include <memory>
#include <string>
#include <vector>

#include "coroute/testing/test_client.hpp"

namespace coroute::detail {

class MemoryPipe;

class TestClientCore final : public std::enable_shared_from_this<TestClientCore>, private TlsSource {
 public:
  TestClientCore(Service service, TestClientOptions options);
  TestClientCore(const TestClientCore&) = delete;
  TestClientCore& operator=(const TestClientCore&) = delete;

  /// Sends the request and follows redirects.
  static Async<TestResponse> perform(std::unique_ptr<OutgoingTestRequest> request);

  const Handler& handler() const noexcept { return handler_; }
  const TestClientOptions& options() const noexcept { return options_; }
  /// Null: plain.
  TlsSource* tls_source() noexcept { return options_.tls ? this : nullptr; }
  const Url& base_url() const noexcept { return base_; }
  const std::string& base_prefix() const noexcept { return base_text_; }
  Headers& headers() noexcept { return headers_; }
  CookieJar& cookies() noexcept { return cookies_; }
  /// RuntimeError when the client is closed.
  EventLoop& loop() const;

  void check_can_run() const;
  /// RuntimeError on another loop.
  void check_runs_here() const;
  void run_until_done(const AnyTask& task);
  /// Of a WebSocket.
  std::shared_ptr<MemoryPipe> new_pipe();
  /// To handlers, and to WebSockets, which are closed then.
  void announce_shutdown();
  void start_on_own_loop();
  /// What the service does before its first request, and after its last. A second time: nothing.
  Async<void> start();
  Async<void> stop();
  void close();

 private:
  const TlsConnection& tls_connection() override { return *options_.tls; }
  void keep_cookies(const ClientResponse& response, OutgoingTestRequest& request);
  bool run_while_possible(const AnyTask& task);
  std::vector<LeftTask> find_left_tasks() const;
  std::exception_ptr stop_on_own_loop();
  void end_own_loop();
  void cancel_left_tasks();
  void leave_loop() noexcept;
  CookieJar::TimePoint wall_time() const noexcept;

  Handler handler_;
  std::shared_ptr<ServingHooks> hooks_;
  bool has_started_ = false;
  TestClientOptions options_;
  Url base_;
  std::string base_text_;
  Headers headers_;
  std::unique_ptr<EventLoop> own_loop_;  // null: it uses another's
  EventLoop* loop_;                      // null: closed
  Clock::time_point loop_began_;
  CookieJar::TimePoint wall_began_ = std::chrono::system_clock::now();
  CookieJar cookies_;
  std::vector<std::weak_ptr<MemoryPipe>> pipes_;
};

}  // namespace coroute::detail

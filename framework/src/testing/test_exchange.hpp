// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One request on its way through the handler, as server/connection has it but for the connection.
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/client_response.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"
#include "http/request_scope.hpp"
#include "http/upgraded_connection.hpp"
#include "memory_body.hpp"
#include "outgoing_test_request.hpp"

namespace coroute::detail {

class TestClientCore;

class TestExchange final : private ConnectionUpgrader {
 public:
  TestExchange(std::shared_ptr<TestClientCore> client, const OutgoingTestRequest& request, Url url);
  /// A failure that nobody took goes to the exception handler of the process.
  ~TestExchange();
  TestExchange(const TestExchange&) = delete;
  TestExchange& operator=(const TestExchange&) = delete;

  /// Has the request answered in a task of its own, without anything of the present one. Returns when the tasks of the
  /// request have ended. A cancellation is a client that leaves.
  static Async<void> perform(std::shared_ptr<TestExchange> exchange);

  /// The same for a handshake: returns as soon as it is accepted or answered, with the task of the handler.
  static Async<Task<void>> perform_upgrade(std::shared_ptr<TestExchange> exchange);
  bool is_upgraded() const noexcept { return is_upgraded_; }
  const Headers& upgrade_fields() const noexcept { return upgrade_fields_; }
  std::unique_ptr<UpgradedConnection> take_client_end() noexcept { return std::move(client_end_); }
  /// What the handler of an upgraded one threw, if the client is to see that; once.
  std::exception_ptr take_failure() noexcept;
  const Url& url() const noexcept { return url_; }

  /// After `perform`: what the client receives. Throws what the handler or the stream threw, if the client is to see
  /// that; ConnectionClosed when it only sees a body that breaks off.
  ClientResponse response() const;
  /// Of a streamed body.
  const std::vector<std::string>& pieces() const noexcept { return pieces_; }
  Clock::duration elapsed() const noexcept { return answered_ - began_; }

  /// "POST /items", without the query.
  std::string label() const;

  /// Of the tasks that the handlers of `client` started, the label of the request; nothing for any other.
  static std::optional<std::string> origin_of(const TaskState& task, const TestClientCore& client);

 private:
  static Async<void> serve(std::shared_ptr<TestExchange> exchange);
  Task<void> start(std::shared_ptr<TestExchange> self);
  bool leave(const Task<void>& task);
  bool ends_with_client() const noexcept { return !request_ || request_->cancel_on_disconnect(); }
  bool is_bodiless(Status status) const noexcept { return method_ == "HEAD" || !has_body(status); }
  Async<void> run_stream();
  void take_trailers(const Headers& trailers);
  void after_handler();
  Upgrade upgrade(const Response& head) override;

  std::shared_ptr<TestClientCore> client_;
  std::string method_;
  Url url_;
  Headers headers_;
  std::vector<HeaderField> fields_;
  MemoryBody body_;
  std::optional<Request> request_;
  RequestScope scope_{request_};
  Response response_;
  Headers received_;  // as the response was before its body was read
  std::vector<std::string> pieces_;
  Headers trailers_;
  std::exception_ptr error_;
  std::exception_ptr stream_error_;
  Clock::time_point began_;
  Clock::time_point answered_;
  bool client_left_ = false;
  bool works_after_response_ = false;
  bool takes_upgrade_ = false;
  bool is_upgraded_ = false;
  Event decided_;
  Headers upgrade_fields_;
  std::unique_ptr<UpgradedConnection> client_end_;
  std::exception_ptr failure_;
};

}  // namespace coroute::detail

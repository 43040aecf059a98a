// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One request in progress, from the queue for a connection to the complete response.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client_core.hpp"
#include "client_pool.hpp"
#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/client/client_response.hpp"
#include "outgoing_request.hpp"
#include "response_reader.hpp"

namespace coroute::detail {

/// Lives in the coroutine that awaits it; whatever ends that coroutine closes the connection in use.
class Call {
 public:
  /// Sends the request and gives the response, or throws a ClientError.
  static Async<ClientResponse> perform(std::unique_ptr<OutgoingRequest> request);

  /// Throws InvalidUrl.
  explicit Call(OutgoingRequest& request);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  enum class Phase : unsigned char { Queue, Dns, Connect, Send, Head, Body };
  /// No bytes of a response came: the connection had been closed, or was just then.
  enum class Answer : unsigned char { Complete, Nothing };

  Async<void> run();
  Async<void> connect();
  Async<Answer> exchange();
  Async<bool> send_rest(std::string_view head, std::string_view body);

  void drop_dead_connection() noexcept;
  bool take_input();
  ClientResponse finish();
  void enter(Phase phase);
  std::optional<Clock::time_point> phase_limit(Phase phase) const;

  std::string label() const;
  [[noreturn]] void throw_response_error(ResponseError error) const;
  [[noreturn]] void throw_timed_out() const;

  OutgoingRequest& request_;
  const ClientOptions& options_;
  Url url_;
  std::shared_ptr<ClientPool> pool_;
  std::chrono::milliseconds total_;
  std::optional<Clock::time_point> deadline_;
  Timeout limit_;
  Lease lease_;
  std::unique_ptr<InputBuffer> input_;
  std::optional<ResponseReader> reader_;
  Phase phase_ = Phase::Queue;
  bool sent_ = false;
  bool got_bytes_ = false;
};

}  // namespace coroute::detail

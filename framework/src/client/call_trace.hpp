// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a client's hooks are told about one attempt.
#include <cstdint>
#include <exception>
#include <string>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/client/hooks.hpp"
#include "coroute/http/url.hpp"
#include "outgoing_request.hpp"

namespace coroute::detail {

/// Only made when there are hooks. What they throw ends here.
class CallTrace {
 public:
  using Slot = std::chrono::nanoseconds ClientTrace::*;

  /// The attempt starts.
  CallTrace(ClientHooks& hooks, const OutgoingRequest& request, const Url& url, const EventLoop& loop);
  CallTrace(const CallTrace&) = delete;
  CallTrace& operator=(const CallTrace&) = delete;

  /// To another address, before there is a connection.
  void moved_to(const Url& url);
  /// Time counts for this from now on.
  void enter(Slot slot) noexcept;
  /// Bytes count from here: a tunnel's are none of the request.
  void connected(bool is_reused) noexcept;
  void sent(std::uint64_t bytes) noexcept { trace_.bytes_sent += bytes; }
  void received(std::uint64_t bytes) noexcept { trace_.bytes_received += bytes; }
  void got_head(Status status) noexcept;
  void failed(const std::exception_ptr& error);
  void followed_by(ClientTrace::Next next) noexcept { trace_.next = next; }
  /// The attempt ends; once. `is_complete`: the answer is.
  void end(bool is_complete) noexcept;

 private:
  using Hook = void (ClientHooks::*)(const ClientTrace&);
  void tell(Hook hook) noexcept;
  Clock::time_point now() const noexcept;

  ClientHooks& hooks_;
  const EventLoop& loop_;
  std::string method_;
  std::string url_;
  std::string error_;
  ClientTrace trace_;
  Clock::time_point began_;
  Clock::time_point entered_;
  Slot slot_ = &ClientTrace::queue;
  bool has_ended_ = false;
};

}  // namespace coroute::detail

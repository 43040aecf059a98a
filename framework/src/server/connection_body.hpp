// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The body of the request in progress, read from the connection when the handler asks for it, and not before.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/http/request.hpp"
#include "coroute/server/options.hpp"

namespace coroute::detail {

class Connection;

class ConnectionBody final : public BodySource {
 public:
  ConnectionBody(Connection& connection, const ServerOptions& options, bool awaits_continue) noexcept
      : connection_(connection),
        limit_(options.limits.max_body_bytes),
        timeout_(options.timeouts.body),
        awaits_continue_(awaits_continue) {}

  std::optional<std::string_view> buffered() override;
  Async<std::optional<std::string_view>> next() override;
  const Headers& trailers() const noexcept override;
  void set_limit(std::uint64_t max_bytes) noexcept override { limit_ = max_bytes; }
  void set_timeout(std::chrono::milliseconds timeout) noexcept override { timeout_ = timeout; }

  /// The answer begins: "100 Continue" can't be sent any more. True: the client may keep its body back, now for good.
  bool forgo_continue() noexcept { return std::exchange(awaits_continue_, false); }

  /// What a body that the handler left unread means for the connection.
  enum class Rest : unsigned char { Consumed, Drainable, Abandoned };
  Rest look_at_rest();

  /// True when the client keeps the body back or sends it too slowly.
  bool is_too_slow(Clock::time_point now) const noexcept;

 private:
  class ClientWait;

  std::optional<std::string_view> decode_buffered();
  Async<void> receive_more();
  void check_announced_length();
  void send_continue();
  [[noreturn]] void fail_on_endless_line();
  [[noreturn]] void fail(Status status);

  Connection& connection_;
  std::uint64_t limit_;
  std::chrono::milliseconds timeout_;
  std::uint64_t received_ = 0;
  Clock::time_point wait_began_{};
  Clock::duration waited_{};  // for the client, not for the handler
  bool awaits_continue_;      // the client may hold its body back until "100 Continue"
  bool failed_ = false;       // what comes next on the connection can't be told from the body
};

}  // namespace coroute::detail

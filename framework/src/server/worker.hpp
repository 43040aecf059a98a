// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What one event loop of the server owns: its connections, the buffers they share, and the sweep of their deadlines.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/http/handler.hpp"
#include "coroute/server/options.hpp"
#include "tls/context.hpp"
#include "trusted_peers.hpp"

namespace coroute::detail {

class Connection;
struct Exchange;

/// Of the whole server; read by every loop, written only when connections come and go.
struct ServerState {
  const Handler* handler = nullptr;
  const ServerOptions* options = nullptr;
  std::size_t max_connections = 0;
  std::optional<TrustedPeers> trusted_peers;  ///< Empty: none.
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> handshakes{0};  ///< In progress.
};

/// Belongs to its loop's thread. No timer runs per connection or request: each connection says until when its present
/// phase may last, and one sweep looks at all of them.
class Worker {
 public:
  Worker(EventLoop& loop, ServerState& server);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  EventLoop& loop() const noexcept { return loop_; }
  ServerState& server() const noexcept { return server_; }
  const ServerOptions& options() const noexcept { return *server_.options; }

  /// For new connections; null: they are plain.
  const std::shared_ptr<const TlsContext>& tls() const noexcept { return tls_; }
  void set_tls(std::shared_ptr<const TlsContext> context) noexcept { tls_ = std::move(context); }

  void add(Connection& connection);
  void remove(Connection& connection) noexcept;
  std::size_t connection_count() const noexcept { return connection_count_; }

  std::unique_ptr<Exchange> take_exchange();
  void give_back(std::unique_ptr<Exchange> exchange) noexcept;

  /// The date and server lines of a response head.
  std::string_view fixed_fields();

  /// A connection has finished answers in its buffer while its next handler may take long: they go out when the loop
  /// comes round.
  void flush_soon(Connection& connection);

  /// Connections close after the request in progress; idle ones after a moment in which a request that is already on
  /// its way can arrive; at the drain deadline handlers are cancelled, and what else goes on then is ended.
  void drain();
  /// Nobody is waited for: to be followed by EventLoop::cancel_all_tasks.
  void stop() noexcept;
  bool draining() const noexcept { return draining_; }

 private:
  void schedule_sweep();
  void sweep();

  struct FlushStep;

  EventLoop& loop_;
  ServerState& server_;
  std::shared_ptr<const TlsContext> tls_;
  IntrusiveList<Connection> connections_;
  std::size_t connection_count_ = 0;
  std::vector<std::unique_ptr<Exchange>> spare_exchanges_;
  std::unique_ptr<FlushStep> flush_step_;
  std::string fixed_fields_;
  Clock::time_point fixed_fields_until_{};
  Clock::time_point drain_ends_at_ = Clock::time_point::max();
  bool sweep_scheduled_ = false;
  bool draining_ = false;
};

}  // namespace coroute::detail

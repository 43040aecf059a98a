// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Serves one Handler over HTTP/1.1 on several event loops.
#include <cstdint>
#include <memory>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/http/service.hpp"
#include "coroute/server/options.hpp"

namespace coroute {

/// Binds in `start`, serves on threads of its own, and stops gracefully. All members may be called by any thread.
class Server {
 public:
  /// std::invalid_argument for certificates that can't be used.
  Server(Handler handler, ServerOptions options) : Server(Service{std::move(handler)}, std::move(options)) {}
  Server(Service service, ServerOptions options);
  /// Stops at once if it still runs.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds, runs what the service wants before serving, and begins to serve; connections that are made meanwhile wait.
  /// Throws std::system_error, for instance when the port is taken, and what the service's hooks throw.
  void start();
  /// The port that is really bound.
  std::uint16_t port() const noexcept;
  std::size_t loops() const noexcept;
  std::size_t connections() const noexcept;

  /// Reads certificates and keys again, for connections that come from now on; those that are there go on. Blocks on
  /// the files. When one can't be used: std::invalid_argument, and all stays as it was. Without TLS nothing happens.
  void reload_certificates();

  /// Begins to drain: no new connections, requests in progress are answered with `connection: close`; at the drain
  /// deadline what still runs is cancelled. Then what the service wants after serving is run. Before serving it cancels
  /// the start.
  void shut_down() noexcept;
  /// Ends now, without waiting for handlers.
  void stop() noexcept;
  /// Waits until every loop has ended.
  void join();

  /// `start`, then waits for SIGTERM or SIGINT and drains; a second signal ends the process at once. With TLS SIGHUP
  /// has the certificates read again. Call it on the main thread before other threads are started, since it blocks
  /// these signals in the calling thread. `on_start` is called once it serves.
  void run(const Function<void()>& on_start = {});

 private:
  struct Shared;
  void reload_on_signal();

  std::unique_ptr<Shared> shared_;
};

}  // namespace coroute

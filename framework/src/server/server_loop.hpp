// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One loop of a server on its thread: its listeners, from the application's start on this loop to its end there.
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"
#include "lifecycle.hpp"
#include "listener.hpp"
#include "worker.hpp"

namespace coroute::detail {

class ServerLoop {
 public:
  /// Takes the sockets over. `is_ours`: nobody else listens on them.
  ServerLoop(ServerState& server, Lifecycle& lifecycle, bool is_first, std::vector<int> sockets, bool is_ours,
             std::shared_ptr<const TlsContext> tls);
  ~ServerLoop();
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;

  /// Called on the loop's thread: one of the first two, or none when it is stopped before, then the last.
  struct Callbacks {
    std::function<void()> on_serving;
    std::function<void()> on_failure;
    std::function<void()> on_end;
  };
  void start(Callbacks callbacks);
  void join();

  // Any thread.

  void shut_down();
  void stop() noexcept { loop_.stop(); }
  /// For connections that come from now on.
  void set_tls(std::shared_ptr<const TlsContext> tls);

 private:
  void run();
  /// From the application's start to its end.
  Async<void> live();
  void listen();
  void begin_drain();
  Async<void> close_when_drained();

  EventLoop loop_;
  Worker worker_;
  Lifecycle& lifecycle_;
  Lifecycle::LoopState state_;
  std::vector<int> sockets_;
  bool is_ours_;
  Callbacks callbacks_;
  std::optional<Task<void>> life_;
  bool has_begun_ = false;
  Event drained_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Task<void>> accepting_;
  std::optional<Task<void>> closing_;
  std::thread thread_;
};

}  // namespace coroute::detail

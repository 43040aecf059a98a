// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A Handler together with what is run around serving it.
#include <memory>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

/// What an application wants to be run before its first request and after its last. A server calls each member once,
/// or once for each of its loops.
class ServingHooks {
 public:
  ServingHooks() = default;
  virtual ~ServingHooks() = default;
  ServingHooks(const ServingHooks&) = delete;
  ServingHooks& operator=(const ServingHooks&) = delete;

  /// On the first loop, before any other member. What it throws is why nothing is served; it has undone then what it
  /// did.
  virtual Async<void> start() = 0;
  /// On every loop, before its first request. What it throws is why nothing is served.
  virtual Async<void> start_loop() = 0;
  /// On every loop on which `start_loop` has succeeded, after its last request.
  virtual Async<void> stop_loop() = 0;
  /// On the first loop, when all loops have stopped.
  virtual Async<void> stop() = 0;
};

struct Service {
  Handler handler;
  std::shared_ptr<ServingHooks> hooks = nullptr;  ///< Null: nothing.
};

}  // namespace coroute

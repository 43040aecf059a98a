// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Tasks of an application that run while it is served: supervised ones, and periodic ones.
///
///     app.background("consume orders", consume_orders);               // again, after a pause, when it fails
///     app.periodic("refresh prices", 30s, refresh_prices);
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/function.hpp"

namespace coroute {

/// When a background task that has ended is run again.
enum class Restart : unsigned char { Never, OnFailure, Always };

struct BackgroundOptions {
  Restart restart = Restart::OnFailure;
  /// Before it is run again; doubled each time, up to `max_pause`, and back to this after a run of `max_pause`.
  std::chrono::milliseconds pause{100};
  std::chrono::milliseconds max_pause{30'000};
  /// On every loop one, instead of one on the first.
  bool on_every_loop = false;
  /// Called on its loop when the last request has been answered; the task is then waited for instead of cancelled,
  /// until `ServerTimeouts::shutdown`: `[] { jobs().shutdown(); }` lets it end the work that is left. It is run again
  /// only after a failure, if at all.
  std::function<void()> on_stop = nullptr;
};

struct PeriodicOptions {
  bool at_once = false;  ///< The first run is when serving begins, not one period later.
  /// Up to so much is added to each wait at random, so that instances of a service don't run in step.
  std::chrono::milliseconds jitter{0};
  /// For one run, which is then cancelled; nullopt: no limit.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;
  bool on_every_loop = false;
};

namespace detail {

class LifespanStep;

std::shared_ptr<LifespanStep> make_background_step(std::string name, std::shared_ptr<const Function<Async<void>()>> run,
                                                   const BackgroundOptions& options);
Async<void> run_periodically(std::string name, std::chrono::milliseconds period,
                             std::shared_ptr<const Function<Async<void>()>> run, PeriodicOptions options);

}  // namespace detail

}  // namespace coroute

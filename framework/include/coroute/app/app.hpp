// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The application: routes, mounts and middleware under a title.
#include <string>
#include <utility>

#include "coroute/app/router.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

struct AppOptions {
  std::string title = "coroute";
  std::string version = "0.1.0";
  bool redirect_slashes = true;
};

/// Declared on one thread, then turned into a Handler and served by all loops.
class App : public Router {
 public:
  explicit App(AppOptions options = {}) : options_(std::move(options)) {}

  const std::string& title() const noexcept { return options_.title; }
  const std::string& version() const noexcept { return options_.version; }

  /// The whole application as one Handler; the App is empty afterwards.
  Handler handler() && { return std::move(*this).build({.redirect_slashes = options_.redirect_slashes}); }

  /// Below `path` another application answers; it sees the rest of the path.
  void mount(std::string_view path, App application) { RouteCollection::mount(path, std::move(application).handler()); }
  using RouteCollection::mount;

  /// A task that outlives the request that starts it; cancelled when the server stops.
  template <class T>
  static Task<T> spawn(Async<T> coroutine, TaskOptions options = {}) {
    options.without_deadline();
    return detail::start_task(EventLoop::current(), std::move(coroutine), std::move(options), nullptr);
  }

 private:
  AppOptions options_;
};

}  // namespace coroute

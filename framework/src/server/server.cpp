// SPDX-License-Identifier: BSL-1.0
#include "coroute/server/server.hpp"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "coroute/asyncio/cpu_count.hpp"
#include "lifecycle.hpp"
#include "listening_sockets.hpp"
#include "notice.hpp"
#include "server_loop.hpp"

namespace coroute {
namespace {

/// Connections may use 80 % of the descriptors: handlers and logs need some too.
std::size_t connection_cap(std::size_t configured) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return configured;
  const auto of_descriptors = static_cast<std::size_t>(limit.rlim_cur - limit.rlim_cur / 5);
  return std::min(configured, std::max<std::size_t>(of_descriptors, 1));
}

/// Descriptors are cheap; the default soft limit of 1024 is for programs that use select.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Server::Shared {
  Shared(Service service, ServerOptions server_options)
      : handler(std::move(service.handler)),
        options(std::move(server_options)),
        lifecycle(std::move(service.hooks), options.timeouts) {
    state.handler = &handler;
    state.options = &options;
    if (!options.trusted_proxies.empty()) state.trusted_peers.emplace(options.trusted_proxies);
    if (options.tls) tls = std::make_shared<const detail::TlsContext>(*options.tls);
  }

  void open_loops();
  void start_loops();
  void shut_down() {
    for (auto& loop : loops)
      loop->shut_down();
  }
  void join() {
    for (auto& loop : loops)
      loop->join();
  }

  Handler handler;
  ServerOptions options;
  detail::ServerState state;
  detail::Lifecycle lifecycle;
  std::vector<std::unique_ptr<detail::ServerLoop>> loops;
  std::mutex tls_mutex;  // guards what follows, and the order in which loops get it
  std::shared_ptr<const detail::TlsContext> tls;
  std::unique_ptr<detail::UnixSocketFile> file;
  std::uint16_t port = 0;
  std::atomic<std::size_t> not_serving{0};
  std::atomic<std::size_t> running{0};
  detail::Notice serving;  // of every loop
  detail::Notice ended;    // of every loop
};

void Server::Shared::open_loops() {
  const std::scoped_lock lock(tls_mutex);
  raise_descriptor_limit();
  state.max_connections = connection_cap(options.limits.max_connections);
  const std::size_t count = options.loops == 0 ? available_cpus() : options.loops;
  detail::ListeningSockets sockets = detail::open_listening_sockets(options, count);
  port = sockets.port;
  file = std::move(sockets.file);
  for (std::vector<int>& of_loop : sockets.of_loop) {
    loops.push_back(std::make_unique<detail::ServerLoop>(state, lifecycle, loops.empty(), std::move(of_loop),
                                                         sockets.is_ours, tls));
  }
}

void Server::Shared::start_loops() {
  not_serving = running = loops.size();
  lifecycle.set_loop_count(loops.size());
  const auto count_down = [](std::atomic<std::size_t>& count, detail::Notice& notice) {
    if (count.fetch_sub(1) == 1) notice.give();
  };
  std::size_t started = 0;
  try {
    for (auto& loop : loops) {
      loop->start({.on_serving = [this, count_down] { count_down(not_serving, serving); },
                   .on_failure = [this] { shut_down(); },
                   .on_end = [this, count_down] { count_down(running, ended); }});
      ++started;
    }
  } catch (...) {  // no more threads
    lifecycle.count_out(loops.size() - started);
    shut_down();
    join();
    throw;
  }
}

Server::Server(Service service, ServerOptions options)
    : shared_(std::make_unique<Shared>(std::move(service), std::move(options))) {}

Server::~Server() {
  stop();
  join();
}

void Server::start() {
  shared_->open_loops();
  shared_->start_loops();
  pollfd waits[2] = {{shared_->serving.descriptor(), POLLIN, 0}, {shared_->ended.descriptor(), POLLIN, 0}};
  while (poll(waits, 2, -1) < 0) {
  }
  if (shared_->serving.is_given()) return;
  join();
  if (const std::exception_ptr error = shared_->lifecycle.error()) std::rethrow_exception(error);
  throw RuntimeError("the server was stopped before it served");
}

std::uint16_t Server::port() const noexcept {
  return shared_->port;
}
std::size_t Server::loops() const noexcept {
  return shared_->loops.size();
}
std::size_t Server::connections() const noexcept {
  return shared_->state.connections.load(std::memory_order_relaxed);
}

void Server::reload_certificates() {
  Shared& shared = *shared_;
  const std::scoped_lock lock(shared.tls_mutex);
  if (!shared.options.tls) return;
  shared.tls = std::make_shared<const detail::TlsContext>(*shared.options.tls, shared.tls->ticket_keys());
  for (auto& loop : shared.loops)
    loop->set_tls(shared.tls);
}

void Server::shut_down() noexcept {
  shared_->shut_down();
}

void Server::stop() noexcept {
  for (auto& loop : shared_->loops)
    loop->stop();
}

void Server::join() {
  shared_->join();
}

/// What can't be used is reported, and changes nothing.
void Server::reload_on_signal() {
  std::exception_ptr error;
  try {
    reload_certificates();
  } catch (const std::exception&) {
    error = std::current_exception();
  }
  if (shared_->options.on_reload) shared_->options.on_reload(error);
}

void Server::run(const Function<void()>& on_start) {
  std::vector<int> wanted{SIGTERM, SIGINT};
  if (shared_->options.tls) wanted.push_back(SIGHUP);
  const detail::SignalDescriptor signals(wanted);
  shared_->open_loops();
  shared_->start_loops();
  bool serving = false;
  bool draining = false;
  while (true) {
    pollfd waits[3] = {{shared_->ended.descriptor(), POLLIN, 0},
                       {signals.descriptor(), POLLIN, 0},
                       {serving ? -1 : shared_->serving.descriptor(), POLLIN, 0}};
    if (poll(waits, 3, -1) < 0) continue;
    if (waits[0].revents != 0) break;
    if (!serving && shared_->serving.is_given()) {
      serving = true;
      if (on_start) on_start();
    }
    const int signal = waits[1].revents != 0 ? signals.take() : 0;
    if (signal == SIGHUP) reload_on_signal();
    if (signal == 0 || signal == SIGHUP) continue;
    if (draining) std::_Exit(128 + signal);
    draining = true;
    shut_down();
  }
  join();
  const std::exception_ptr error = shared_->lifecycle.error();
  if (!serving && error) std::rethrow_exception(error);
}

}  // namespace coroute

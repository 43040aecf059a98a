// SPDX-License-Identifier: BSL-1.0
#include "coroute/server/server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "coroute/asyncio/cpu_count.hpp"
#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "listener.hpp"
#include "worker.hpp"

namespace coroute {
namespace {

constexpr std::chrono::milliseconds handshake_time{20};

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

/// One loop of the server on its thread.
class ServerLoop {
 public:
  ServerLoop(detail::ServerState& server, int socket) : worker_(loop_, server), socket_(socket) {}
  ~ServerLoop() {
    if (socket_ >= 0) close(socket_);
  }
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;

  void start(std::function<void()> on_end) {
    const detail::SignalBlock signals_blocked;
    thread_ = std::thread([this, on_end = std::move(on_end)] {
      run();
      on_end();
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void shut_down() {
    loop_.call_soon_threadsafe([this] { begin_drain(); });
  }
  void stop() noexcept { loop_.stop(); }

 private:
  void run() {
    listener_ = std::make_unique<detail::Listener>(worker_, std::exchange(socket_, -1));
    accepting_ = create_task_on(loop_, listener_->accept_connections(), "accept");
    loop_.run();
    worker_.stop();
    loop_.cancel_all_tasks();
    listener_.reset();
  }

  void begin_drain() {
    if (worker_.draining() || !listener_) return;
    listener_->refuse_handshakes();
    closing_ = create_task_on(loop_, close_when_drained(), "drain");
    worker_.drain();
  }

  Async<void> close_when_drained() {
    co_await sleep(handshake_time);
    accepting_->cancel(CancelReason::Shutdown);
    co_await sleep(Clock::duration::zero());  // the accepting task ends first
    listener_->accept_pending();
    listener_.reset();
    while (worker_.connection_count() > 0)
      co_await sleep(std::chrono::milliseconds(5));
    loop_.stop();
  }

  EventLoop loop_;
  detail::Worker worker_;
  int socket_;
  std::unique_ptr<detail::Listener> listener_;
  std::optional<Task<void>> accepting_;
  std::optional<Task<void>> closing_;
  std::thread thread_;
};

struct Server::Shared {
  Handler handler;
  ServerOptions options;
  detail::ServerState state;
  std::vector<std::unique_ptr<ServerLoop>> loops;
  std::uint16_t port = 0;
  std::atomic<std::size_t> running{0};
  int ended_fd = -1;  // readable when every loop has ended
};

Server::Server(Handler handler, ServerOptions options) : shared_(std::make_unique<Shared>()) {
  Shared& shared = *shared_;
  shared.handler = std::move(handler);
  shared.options = std::move(options);
  shared.ended_fd = eventfd(0, EFD_CLOEXEC);
  if (shared.ended_fd < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  shared.state.handler = &shared.handler;
  shared.state.options = &shared.options;
}

Server::~Server() {
  stop();
  join();
  close(shared_->ended_fd);
}

void Server::start() {
  Shared& shared = *shared_;
  raise_descriptor_limit();
  shared.state.max_connections = connection_cap(shared.options.limits.max_connections);
  const std::size_t count = shared.options.loops == 0 ? available_cpus() : shared.options.loops;
  const bool share = count > 1;
  shared.port = shared.options.port;
  // A shared port can be bound by strangers too: bind it alone once, so that a second server is told.
  if (share && shared.port != 0) close(detail::open_listening_socket(shared.options.host, shared.port, 1, false));
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = detail::open_listening_socket(shared.options.host, shared.port, shared.options.backlog, share);
    shared.loops.push_back(std::make_unique<ServerLoop>(shared.state, socket));
    shared.port = detail::bound_port(socket);
  }
  shared.running = count;
  for (auto& loop : shared.loops) {
    loop->start([&shared] {
      if (shared.running.fetch_sub(1) != 1) return;
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(shared.ended_fd, &one, sizeof one);
    });
  }
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

void Server::shut_down() noexcept {
  for (auto& loop : shared_->loops)
    loop->shut_down();
}

void Server::stop() noexcept {
  for (auto& loop : shared_->loops)
    loop->stop();
}

void Server::join() {
  for (auto& loop : shared_->loops)
    loop->join();
}

void Server::run(const Function<void()>& on_start) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
  if (signal_fd < 0) throw std::system_error(errno, std::system_category(), "signalfd");
  start();
  if (on_start) on_start();
  bool draining = false;
  while (true) {
    pollfd waits[2] = {{signal_fd, POLLIN, 0}, {shared_->ended_fd, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0) continue;
    if (waits[1].revents != 0) break;
    signalfd_siginfo info{};
    if (read(signal_fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (draining) std::_Exit(128 + static_cast<int>(info.ssi_signo));
    draining = true;
    shut_down();
  }
  close(signal_fd);
  join();
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "server_loop.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"

namespace coroute::detail {
namespace {

constexpr std::chrono::milliseconds handshake_time{20};

}  // namespace

ServerLoop::ServerLoop(ServerState& server, Lifecycle& lifecycle, bool is_first, std::vector<int> sockets, bool is_ours,
                       std::shared_ptr<const TlsContext> tls)
    : worker_(loop_, server), lifecycle_(lifecycle), state_{is_first}, sockets_(std::move(sockets)), is_ours_(is_ours) {
  worker_.set_tls(std::move(tls));
}

ServerLoop::~ServerLoop() {
  for (const int socket : sockets_)
    close(socket);
}

void ServerLoop::start(Callbacks callbacks) {
  const SignalBlock signals_blocked;
  callbacks_ = std::move(callbacks);
  thread_ = std::thread([this] {
    run();
    callbacks_.on_end();
  });
}

void ServerLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServerLoop::shut_down() {
  loop_.call_soon_threadsafe([this] { begin_drain(); });
}

void ServerLoop::set_tls(std::shared_ptr<const TlsContext> tls) {
  loop_.call_soon_threadsafe([this, tls = std::move(tls)] { worker_.set_tls(tls); });
}

void ServerLoop::run() {
  life_ = create_task_on(loop_, live(), "serve");
  loop_.run();
  worker_.stop();
  loop_.cancel_all_tasks();
  listeners_.clear();
}

Async<void> ServerLoop::live() {
  has_begun_ = true;
  try {
    if (worker_.draining()) throw Cancelled(CancelReason::Shutdown);
    co_await lifecycle_.enter(state_);
    listen();
    callbacks_.on_serving();
    co_await drained_.wait();
  } catch (const Cancelled&) {  // stopped
  } catch (...) {
    lifecycle_.fail(std::current_exception());
    callbacks_.on_failure();
  }
  co_await lifecycle_.leave(state_);
  loop_.stop();
}

void ServerLoop::listen() {
  for (const int socket : std::exchange(sockets_, {})) {
    listeners_.push_back(std::make_unique<Listener>(worker_, socket));
    accepting_.push_back(create_task_on(loop_, listeners_.back()->accept_connections(), "accept"));
  }
}

void ServerLoop::begin_drain() {
  if (worker_.draining()) return;
  worker_.drain();
  if (listeners_.empty()) {  // it doesn't serve yet
    // A task that has not begun would be cancelled without a step: nobody would leave, and the others would wait.
    if (has_begun_) life_->cancel(CancelReason::Shutdown);
    return;
  }
  for (auto& listener : listeners_) {
    if (is_ours_) listener->refuse_handshakes();
  }
  closing_ = create_task_on(loop_, close_when_drained(), "drain");
}

Async<void> ServerLoop::close_when_drained() {
  co_await sleep(handshake_time);
  for (Task<void>& accepting : accepting_)
    accepting.cancel(CancelReason::Shutdown);
  co_await sleep(Clock::duration::zero());  // the accepting tasks end first
  for (auto& listener : listeners_) {
    if (is_ours_) listener->accept_pending();  // else they wait for the next who listens
  }
  listeners_.clear();
  while (worker_.connection_count() > 0)
    co_await sleep(std::chrono::milliseconds(5));
  drained_.set();
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "host_pool.hpp"

#include <algorithm>

namespace coroute::detail {

Lease::~Lease() {
  if (!host_) return;
  connection.reset();
  host_->release(nullptr);
}

void Lease::give_back() noexcept {
  if (host_) std::exchange(host_, nullptr)->release(std::move(connection));
}

bool HostPool::try_acquire(bool sure, Lease& lease) {
  if (leased_ >= limits_->max_connections_per_host) return false;
  std::unique_ptr<ClientConnection> kept = take_idle(sure);
  ++leased_;
  lease = Lease(*this, std::move(kept));
  return true;
}

std::unique_ptr<ClientConnection> HostPool::take_idle(bool sure) {
  const Clock::time_point now = owner_->loop().time();
  while (!idle_.empty()) {
    std::unique_ptr<ClientConnection> last = std::move(idle_.back());
    idle_.pop_back();
    last->on_hangup(nullptr, nullptr);
    const bool expired = now - last->idle_since >= limits_->keep_alive_expiry;
    const bool suspect = sure || last->has_input();
    if (!expired && (!suspect || last->is_quiet())) return last;
  }
  return nullptr;
}

void HostPool::release(std::unique_ptr<ClientConnection> connection) noexcept {
  if (connection && connection->is_peer_closed()) connection.reset();
  if (!waiters_.empty()) {  // the right goes on to the next, so nobody can overtake
    LeaseAwaiter& next = waiters_.pop_front();
    --waiting_;
    next.lease_ = Lease(*this, std::move(connection));
    next.wake();
    return;
  }
  --leased_;
  if (connection) keep(std::move(connection));
  report_if_unused();
}

void HostPool::keep(std::unique_ptr<ClientConnection> connection) noexcept {
  if (closed_ || idle_.size() >= limits_->max_idle_per_host) return;
  connection->idle_since = owner_->loop().time();
  connection->on_hangup(&on_hangup, this);
  idle_.push_back(std::move(connection));
  owner_->on_idle(*this);
}

/// Destroys the connection that calls: IoHandle touches nothing of itself after its callback.
void HostPool::on_hangup(void* self) noexcept {
  static_cast<HostPool*>(self)->drop_hung_up();
}

void HostPool::drop_hung_up() noexcept {
  std::erase_if(idle_, [](const auto& connection) { return connection->is_peer_closed(); });
  report_if_unused();
}

void HostPool::expire(Clock::time_point now) noexcept {
  std::erase_if(idle_,
                [&](const auto& connection) { return now - connection->idle_since >= limits_->keep_alive_expiry; });
  report_if_unused();
}

void HostPool::close_idle() noexcept {
  idle_.clear();
  report_if_unused();
}

void HostPool::report_if_unused() noexcept {
  if (is_unused()) owner_->on_unused(*this);
}

bool LeaseAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  host_->waiters_.push_back(*this);
  ++host_->waiting_;
  return true;
}

CancelOutcome LeaseAwaiter::cancel() noexcept {
  if (!linked()) return CancelOutcome::Refused;  // the lease is here already
  IntrusiveList<LeaseAwaiter>::remove(*this);
  --host_->waiting_;
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail

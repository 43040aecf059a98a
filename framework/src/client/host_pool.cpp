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

bool ConnectionSlots::try_take() noexcept {
  if (taken_ >= limit_) return false;
  ++taken_;
  return true;
}

void ConnectionSlots::enqueue(LeaseAwaiter& waiter) noexcept {
  LeaseAwaiter* const later = waiters_.find([&](const LeaseAwaiter& other) { return other.ticket_ > waiter.ticket_; });
  if (!later) return waiters_.push_back(waiter);
  ListNode& place = *later;
  ListNode& node = waiter;
  node = {place.prev, &place};
  place.prev = place.prev->next = &node;
}

bool HostPool::try_acquire(bool sure, Lease& lease) {
  if (!has_room()) return false;
  std::unique_ptr<ClientConnection> kept = take_idle(sure);
  if (!kept && !take_slot()) return false;
  ++leased_;
  lease = Lease(*this, std::move(kept));
  return true;
}

bool HostPool::take_slot() noexcept {
  ConnectionSlots& slots = owner_->slots();
  return slots.try_take() || (owner_->close_longest_idle() && slots.try_take());
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
    owner_->slots().give_back(1);
  }
  return nullptr;
}

void HostPool::release(std::unique_ptr<ClientConnection> connection) noexcept {
  if (connection && connection->is_peer_closed()) connection.reset();
  --leased_;
  promote_next();
  ConnectionSlots& slots = owner_->slots();
  if (!slots.waiters_.empty()) {  // the slot goes on to the next, so nobody can overtake
    LeaseAwaiter& next = slots.waiters_.pop_front();
    if (next.host_ != this) connection.reset();
    next.host_->grant(next, std::move(connection));
  } else {
    keep(std::move(connection));
  }
  report_if_unused();
}

void HostPool::grant(LeaseAwaiter& waiter, std::unique_ptr<ClientConnection> connection) noexcept {
  --eligible_;
  --waiting_;
  ++leased_;
  waiter.lease_ = Lease(*this, std::move(connection));
  waiter.wake();
}

void HostPool::enqueue(LeaseAwaiter& waiter) noexcept {
  waiter.ticket_ = ++owner_->slots().arrivals_;
  ++waiting_;
  waiters_.push_back(waiter);
  promote_next();
}

void HostPool::withdraw(LeaseAwaiter& waiter) noexcept {
  IntrusiveList<LeaseAwaiter>::remove(waiter);
  --waiting_;
  if (waiter.eligible_) {
    --eligible_;
    promote_next();
  }
  report_if_unused();
}

/// When the host has room for one more: whoever waits for that now waits for a slot.
void HostPool::promote_next() noexcept {
  if (waiters_.empty() || !has_room()) return;
  LeaseAwaiter& next = waiters_.pop_front();
  next.eligible_ = true;
  ++eligible_;
  owner_->slots().enqueue(next);
}

void HostPool::keep(std::unique_ptr<ClientConnection> connection) noexcept {
  if (!connection || closed_ || idle_.size() >= limits_->max_idle_per_host) {
    owner_->slots().give_back(1);
    return;
  }
  connection->idle_since = owner_->loop().time();
  connection->on_hangup(&on_hangup, this);
  idle_.push_back(std::move(connection));
  owner_->on_idle(*this);
}

/// Destroys the connection that calls: IoHandle touches nothing of itself after its callback.
void HostPool::on_hangup(void* self) noexcept {
  static_cast<HostPool*>(self)->drop_hung_up();
}

template <class Condition>
void HostPool::drop_idle_if(Condition condition) noexcept {
  owner_->slots().give_back(std::erase_if(idle_, condition));
  report_if_unused();
}

void HostPool::drop_hung_up() noexcept {
  drop_idle_if([](const auto& connection) { return connection->is_peer_closed(); });
}

void HostPool::expire(Clock::time_point now) noexcept {
  drop_idle_if([&](const auto& connection) { return now - connection->idle_since >= limits_->keep_alive_expiry; });
}

void HostPool::close_idle() noexcept {
  drop_idle_if([](const auto&) { return true; });
}

void HostPool::close_longest_idle() noexcept {
  drop_idle_if([first = idle_.front().get()](const auto& connection) { return connection.get() == first; });
}

void HostPool::report_if_unused() noexcept {
  if (is_unused()) owner_->on_unused(*this);
}

bool LeaseAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  host_->enqueue(*this);
  return true;
}

CancelOutcome LeaseAwaiter::cancel() noexcept {
  if (!linked()) return CancelOutcome::Refused;  // the lease is here already
  host_->withdraw(*this);
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail

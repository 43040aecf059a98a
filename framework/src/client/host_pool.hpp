// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The connections of one loop to one host: who may use one, who waits for one, and which are kept for later.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/client/options.hpp"

namespace coroute::detail {

class HostPool;
class LeaseAwaiter;

/// The right to use one connection, and the connection once there is one. Destroying it closes the connection and lets
/// the next in the queue go on.
class Lease {
 public:
  Lease() noexcept = default;
  Lease(HostPool& host, std::unique_ptr<ClientConnection> kept) noexcept : connection(std::move(kept)), host_(&host) {}
  Lease(Lease&& other) noexcept : connection(std::move(other.connection)), host_(std::exchange(other.host_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(connection, other.connection);
    std::swap(host_, other.host_);
    return *this;
  }
  ~Lease();

  explicit operator bool() const noexcept { return host_ != nullptr; }
  /// Ends the lease; the connection is in order and may be used again.
  void give_back() noexcept;

  /// Null: none was idle, the holder is to open one and put it here.
  std::unique_ptr<ClientConnection> connection;

 private:
  HostPool* host_ = nullptr;
};

/// How many connections a loop has to all hosts together, and who waits for one of them although its own host has room.
/// As long as somebody waits here no slot is free and no connection idle, so nobody can overtake.
class ConnectionSlots {
 public:
  explicit ConnectionSlots(std::size_t limit) noexcept : limit_(limit) {}
  ConnectionSlots(const ConnectionSlots&) = delete;
  ConnectionSlots& operator=(const ConnectionSlots&) = delete;

  /// Leased or idle.
  std::size_t taken() const noexcept { return taken_; }
  bool has_free() const noexcept { return taken_ < limit_; }

 private:
  friend class HostPool;

  bool try_take() noexcept;
  void give_back(std::size_t count) noexcept { taken_ -= count; }
  void enqueue(LeaseAwaiter& waiter) noexcept;

  std::size_t limit_;
  std::size_t taken_ = 0;
  std::uint64_t arrivals_ = 0;
  IntrusiveList<LeaseAwaiter> waiters_;  // as they came
};

/// Whoever keeps the pools of a loop.
class HostPoolOwner {
 public:
  virtual EventLoop& loop() const noexcept = 0;
  /// Shared by its pools.
  virtual ConnectionSlots& slots() noexcept = 0;
  /// Closes the connection that has been idle for longest, of whatever host. False: none is idle.
  virtual bool close_longest_idle() noexcept = 0;
  /// A connection has become idle and must be looked at when it expires.
  virtual void on_idle(HostPool& host) noexcept = 0;
  /// Nothing is open, leased or waited for any more: the owner may destroy the pool.
  virtual void on_unused(HostPool& host) noexcept = 0;

 protected:
  ~HostPoolOwner() = default;
};

/// Loop thread only. Idle connections are used in the order last in, first out, so that what isn't needed expires;
/// waiters are served first come, first served, across hosts: when the loop has no connection left, what is idle for
/// another host is closed, and then whoever came first of those whose host has room gets the next one. Never more than
/// the limit of leases and idle connections together.
class HostPool {
 public:
  HostPool(HostPoolOwner& owner, const ClientLimits& limits) noexcept : owner_(&owner), limits_(&limits) {}
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  /// `Lease lease = co_await host.acquire(sure);` `sure`: look twice that a kept connection is alive, because the
  /// request can't be repeated.
  LeaseAwaiter acquire(bool sure) noexcept;

  /// Closes what has been idle for too long. May call on_unused.
  void expire(Clock::time_point now) noexcept;
  /// From now on nothing is kept; what is idle stays until `close_idle`.
  void stop_keeping() noexcept { closed_ = true; }
  /// May call on_unused.
  void close_idle() noexcept;
  /// The same for one connection, of those that are idle the one that has been so for longest.
  void close_longest_idle() noexcept;
  /// Of that connection.
  Clock::time_point longest_idle_since() const noexcept { return idle_.front()->idle_since; }

  /// `acquire` will not wait.
  bool has_free() const noexcept { return has_room() && (!idle_.empty() || owner_->slots().has_free()); }
  std::size_t idle() const noexcept { return idle_.size(); }
  std::size_t leased() const noexcept { return leased_; }
  std::size_t waiting() const noexcept { return waiting_; }
  bool is_unused() const noexcept { return idle_.empty() && leased_ == 0 && waiting_ == 0; }

 private:
  friend class Lease;
  friend class LeaseAwaiter;

  bool try_acquire(bool sure, Lease& lease);
  bool has_room() const noexcept { return leased_ + eligible_ < limits_->max_connections_per_host; }
  bool take_slot() noexcept;
  void enqueue(LeaseAwaiter& waiter) noexcept;
  void withdraw(LeaseAwaiter& waiter) noexcept;
  void promote_next() noexcept;
  void grant(LeaseAwaiter& waiter, std::unique_ptr<ClientConnection> connection) noexcept;
  std::unique_ptr<ClientConnection> take_idle(bool sure);
  void release(std::unique_ptr<ClientConnection> connection) noexcept;
  void keep(std::unique_ptr<ClientConnection> connection) noexcept;
  void drop_hung_up() noexcept;
  template <class Condition>
  void drop_idle_if(Condition condition) noexcept;
  void report_if_unused() noexcept;
  static void on_hangup(void* self) noexcept;

  HostPoolOwner* owner_;
  const ClientLimits* limits_;
  std::vector<std::unique_ptr<ClientConnection>> idle_;  // the longest idle in front
  IntrusiveList<LeaseAwaiter> waiters_;                  // for this host; the others wait in the slots
  std::size_t leased_ = 0;
  std::size_t waiting_ = 0;   // here and in the slots
  std::size_t eligible_ = 0;  // in the slots: this host has room for them
  bool closed_ = false;
};

class LeaseAwaiter : public Suspension, public ListNode {
 public:
  LeaseAwaiter(HostPool& host, bool sure) noexcept : host_(&host), sure_(sure) {}

  bool await_ready() { return host_->try_acquire(sure_, lease_); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  Lease await_resume() {
    finish();
    return std::move(lease_);
  }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "client connection"; }

 private:
  friend class HostPool;
  friend class ConnectionSlots;
  bool start(FrameBase& frame) noexcept;

  HostPool* host_;
  Lease lease_;
  std::uint64_t ticket_ = 0;  // the order of arrival
  bool sure_;
  bool eligible_ = false;
};

inline LeaseAwaiter HostPool::acquire(bool sure) noexcept {
  return LeaseAwaiter(*this, sure);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Host names to addresses without blocking the loop: getaddrinfo on threads of its own, one lookup for all who ask for
/// the same name, and a short memory.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "socket_address.hpp"

namespace coroute::detail {

class Resolver;
class ResolveAwaiter;
class Lookup;

struct Resolution {
  std::vector<SocketAddress> addresses;  ///< Never empty without an error.
  std::string error;
};
using ResolutionRef = std::shared_ptr<const Resolution>;

/// Blocks. Called by several threads at once.
using ResolveFunction = Resolution (*)(const std::string& host);
Resolution resolve_with_getaddrinfo(const std::string& host);

/// One per loop, for all clients. Loop thread only.
class Resolver final : public LoopLocal {
 public:
  static constexpr std::chrono::seconds lifetime{10};  ///< Of a result. Failures are not kept.
  static constexpr std::size_t max_entries = 256;

  /// `pool` is never destroyed: a lookup that nobody waits for any more ends there some time.
  Resolver(EventLoop& loop, ThreadPool& pool, ResolveFunction function) noexcept
      : loop_(&loop), pool_(&pool), function_(function) {}
  ~Resolver() override;

  /// The resolver of this loop.
  static Resolver& of(EventLoop& loop);

  /// `ResolutionRef addresses = co_await resolver.resolve(host);` Never null. Cancelling leaves the lookup to itself;
  /// its result is remembered when it comes.
  ResolveAwaiter resolve(const std::string& host);
  /// The addresses didn't work: ask again next time.
  void forget(const std::string& host) noexcept;

  std::size_t entries() const noexcept { return entries_.size(); }

 private:
  friend class ResolveAwaiter;
  friend class Lookup;

  struct Entry {
    ResolutionRef result;
    std::shared_ptr<Lookup> pending;
    Clock::time_point expires{};
  };

  ResolutionRef remembered(const std::string& host) const noexcept;
  /// Null: wait in the lookup. A result: nothing is to be waited for.
  ResolutionRef begin(const std::string& host, std::shared_ptr<Lookup>& pending);
  void make_room() noexcept;
  void finish(Lookup& lookup);

  EventLoop* loop_;
  ThreadPool* pool_;
  ResolveFunction function_;
  std::map<std::string, Entry, std::less<>> entries_;
};

class ResolveAwaiter : public Suspension, public ListNode {
 public:
  ResolveAwaiter(Resolver& resolver, std::string host) : resolver_(&resolver), host_(std::move(host)) {}

  bool await_ready() {
    result_ = resolver_->remembered(host_);
    return result_ != nullptr;
  }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  ResolutionRef await_resume() const {
    finish();
    return result_;
  }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "DNS lookup"; }

 private:
  friend class Resolver;
  bool start(FrameBase& frame);

  Resolver* resolver_;
  std::string host_;
  ResolutionRef result_;
};

inline ResolveAwaiter Resolver::resolve(const std::string& host) {
  return ResolveAwaiter(*this, host);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>

namespace coroute::detail {
namespace {

constexpr std::size_t resolver_threads = 4;
constexpr std::size_t max_queued_lookups = 256;

/// Left to the end of the process: at exit nobody waits for a name server that doesn't answer.
ThreadPool& resolver_pool() {
  static ThreadPool& pool =
      *new ThreadPool({.name = "dns", .threads = resolver_threads, .max_queued = max_queued_lookups});
  return pool;
}

const int resolver_key = 0;

}  // namespace

Resolution resolve_with_getaddrinfo(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  Resolution result;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    result.error = error == EAI_SYSTEM ? std::system_category().message(errno) : gai_strerror(error);
    return result;
  }
  for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
    const auto address = SocketAddress::from(*entry->ai_addr, entry->ai_addrlen);
    if (address) result.addresses.push_back(*address);
  }
  freeaddrinfo(list);
  if (result.addresses.empty()) result.error = "the name has no address";
  return result;
}

/// One call of the blocking function. Owned by the resolver until its result has arrived, and by the thread until it
/// has posted that; so either may end first.
class Lookup {
 public:
  Lookup(Resolver& resolver, std::string name) : host(std::move(name)), resolver_(&resolver), loop_(resolver.loop_) {}

  /// Throws ThreadPoolFull.
  static void start(const std::shared_ptr<Lookup>& lookup) {
    lookup->on_thread_.lookup = lookup;
    try {
      lookup->resolver_->pool_->submit(lookup->on_thread_);
    } catch (...) {
      lookup->on_thread_.lookup.reset();
      throw;
    }
  }

  /// The loop ends. Afterwards the thread leaves it alone.
  void abandon() noexcept {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

  const std::string host;
  Resolution result;
  IntrusiveList<ResolveAwaiter> waiters;  // loop thread only

 private:
  struct OnThread : PoolJob {
    OnThread() noexcept : PoolJob(&run) {}
    static void run(Runnable& node) noexcept {
      const std::shared_ptr<Lookup> lookup = std::move(static_cast<OnThread&>(node).lookup);
      lookup->run_on_thread();
    }
    std::shared_ptr<Lookup> lookup;
  };
  struct OnLoop : Runnable {
    explicit OnLoop(Lookup& owner) noexcept : Runnable(&run), lookup(&owner) {}
    static void run(Runnable& node) noexcept {
      Lookup& lookup = *static_cast<OnLoop&>(node).lookup;
      lookup.resolver_->finish(lookup);
    }
    Lookup* lookup;
  };

  void run_on_thread() noexcept {
    try {
      result = function_(host);
    } catch (const std::exception&) {
      result.error = "out of memory";
    }
    // Under the lock, so that the loop can't end while it is being posted to.
    const std::lock_guard lock(mutex_);
    if (loop_) loop_->post(on_loop_);
  }

  Resolver* resolver_;  // valid while loop_ is set
  ResolveFunction function_ = resolver_->function_;
  OnThread on_thread_;
  OnLoop on_loop_{*this};
  std::mutex mutex_;
  EventLoop* loop_;  // guarded by mutex_
};

Resolver::~Resolver() {
  for (auto& [host, entry] : entries_) {
    if (entry.pending) entry.pending->abandon();
  }
}

Resolver& Resolver::of(EventLoop& loop) {
  if (LoopLocal* found = loop.local(&resolver_key)) return static_cast<Resolver&>(*found);
  auto resolver = std::make_unique<Resolver>(loop, resolver_pool(), &resolve_with_getaddrinfo);
  Resolver& result = *resolver;
  loop.set_local(&resolver_key, std::move(resolver));
  return result;
}

ResolutionRef Resolver::remembered(const std::string& host) const noexcept {
  const auto found = entries_.find(host);
  const bool fresh = found != entries_.end() && found->second.result && loop_->time() < found->second.expires;
  return fresh ? found->second.result : nullptr;
}

ResolutionRef Resolver::begin(const std::string& host, std::shared_ptr<Lookup>& pending) {
  const auto found = entries_.find(host);
  if (found != entries_.end() && found->second.pending) {
    pending = found->second.pending;
    return nullptr;
  }
  pending = std::make_shared<Lookup>(*this, host);
  make_room();
  Entry& entry = entries_[host];
  try {
    Lookup::start(pending);
  } catch (const ThreadPoolFull&) {
    entries_.erase(host);
    return std::make_shared<const Resolution>(Resolution{{}, "too many lookups are in progress"});
  }
  entry.pending = pending;
  loop_->add_external_work();
  return nullptr;
}

/// Before one more is added. Lookups in progress are bounded by the queue of the pool.
void Resolver::make_room() noexcept {
  if (entries_.size() < max_entries) return;
  const Clock::time_point now = loop_->time();
  std::erase_if(entries_, [&](const auto& item) { return !item.second.pending && item.second.expires <= now; });
  if (entries_.size() < max_entries) return;
  const auto idle =
      std::find_if(entries_.begin(), entries_.end(), [](const auto& item) { return !item.second.pending; });
  if (idle != entries_.end()) entries_.erase(idle);
}

void Resolver::finish(Lookup& lookup) {
  loop_->remove_external_work();
  const auto entry = entries_.find(lookup.host);
  const std::shared_ptr<Lookup> finished = std::move(entry->second.pending);
  const ResolutionRef result = std::make_shared<const Resolution>(std::move(lookup.result));
  while (!lookup.waiters.empty()) {
    ResolveAwaiter& waiter = lookup.waiters.pop_front();
    waiter.result_ = result;
    waiter.wake();
  }
  if (result->error.empty()) {
    entry->second.result = result;
    entry->second.expires = loop_->time() + lifetime;
  } else {
    entries_.erase(entry);
  }
}

void Resolver::forget(const std::string& host) noexcept {
  const auto found = entries_.find(host);
  if (found != entries_.end() && !found->second.pending) entries_.erase(found);
}

bool ResolveAwaiter::start(FrameBase& frame) {
  if (!Suspension::begin(frame)) return false;
  std::shared_ptr<Lookup> pending;
  result_ = resolver_->begin(host_, pending);
  if (result_) {
    withdraw();
    return false;
  }
  pending->waiters.push_back(*this);
  return true;
}

CancelOutcome ResolveAwaiter::cancel() noexcept {
  if (!linked()) return CancelOutcome::Refused;  // the result is here already
  IntrusiveList<ResolveAwaiter>::remove(*this);
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/shared_values.hpp"

#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

struct SharedValues::Entry {
  Entry(const DependencyInfo& of, Entry* following) noexcept : info(&of), next(following) {}

  const DependencyInfo* info;
  Entry* next;
  std::atomic<const void*> value{nullptr};
  std::atomic<unsigned> failures{0};
  Lock lock;                 // held by who makes it
  std::exception_ptr error;  // the last one; under the lock
};

namespace {

class LoopValues final : public LoopLocal {
 public:
  explicit LoopValues(std::shared_ptr<const char> key) noexcept : key_(std::move(key)) {}
  SharedValues& values() noexcept { return values_; }

 private:
  std::shared_ptr<const char> key_;
  SharedValues values_;
};

}  // namespace

SharedValues::~SharedValues() {
  while (!made_.empty())
    made_.pop_back();
  Entry* entry = entries_.load(std::memory_order_acquire);
  while (entry)
    delete std::exchange(entry, entry->next);
}

SharedValues::Entry* SharedValues::find_entry(const DependencyInfo& info) const noexcept {
  Entry* entry = entries_.load(std::memory_order_acquire);
  while (entry && entry->info != &info)
    entry = entry->next;
  return entry;
}

const void* SharedValues::find(const DependencyInfo& info) const noexcept {
  const Entry* const entry = find_entry(info);
  return entry ? entry->value.load(std::memory_order_acquire) : nullptr;
}

SharedValues::Entry& SharedValues::entry_of(const DependencyInfo& info) {
  if (Entry* const found = find_entry(info)) return *found;
  const std::lock_guard guard(mutex_);
  if (Entry* const found = find_entry(info)) return *found;
  Entry* const entry = new Entry(info, entries_.load(std::memory_order_relaxed));
  entries_.store(entry, std::memory_order_release);
  return *entry;
}

const void* SharedValues::keep(Entry& entry, std::unique_ptr<MadeValue> made) {
  const void* const value = made->value();
  {
    const std::lock_guard guard(mutex_);
    made_.push_back(std::move(made));
  }
  entry.error = nullptr;
  entry.value.store(value, std::memory_order_release);
  return value;
}

Async<const void*> SharedValues::get(const DependencyInfo& info, const DependencyCall& call) {
  Entry& entry = entry_of(info);
  const unsigned failures = entry.failures.load(std::memory_order_acquire);
  const LockGuard guard = co_await entry.lock.acquire();
  if (const void* const value = entry.value.load(std::memory_order_acquire)) co_return value;
  if (entry.failures.load(std::memory_order_acquire) != failures) std::rethrow_exception(entry.error);
  std::exception_ptr error;
  try {
    std::unique_ptr<MadeValue> made = co_await info.make(call);
    co_return keep(entry, std::move(made));
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    error = std::current_exception();
  }
  entry.error = error;
  entry.failures.fetch_add(1, std::memory_order_release);
  std::rethrow_exception(error);
}

SharedValues& DependencyStore::of_loop() {
  EventLoop& loop = EventLoop::current();
  LoopLocal* found = loop.local(loop_key_.get());
  if (!found) {
    auto created = std::make_unique<LoopValues>(loop_key_);
    found = created.get();
    loop.set_local(loop_key_.get(), std::move(created));
  }
  return static_cast<LoopValues*>(found)->values();
}

}  // namespace coroute::detail

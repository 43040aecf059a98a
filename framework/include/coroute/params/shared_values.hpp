// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What dependencies make once for an application, or once for each of its event loops.
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "coroute/asyncio/lock.hpp"
#include "coroute/params/dependency_info.hpp"
#include "coroute/params/made_value.hpp"

namespace coroute::detail {

/// Any loop may ask at any time. A value that is there is found without a lock.
class SharedValues {
 public:
  SharedValues() = default;
  SharedValues(const SharedValues&) = delete;
  SharedValues& operator=(const SharedValues&) = delete;
  /// What was made last is destroyed first; a generator is dropped at its `co_yield`.
  ~SharedValues();

  /// Null as long as there is none.
  const void* find(const DependencyInfo& info) const noexcept;
  /// Makes it, unless somebody does so already: then waits for that, and throws what that throws. After an error, or
  /// when the call that makes it is cancelled, the next one tries again.
  Async<const void*> get(const DependencyInfo& info, const DependencyCall& call);
  /// Before anybody asks.
  void put(const DependencyInfo& info, std::unique_ptr<MadeValue> made) { keep(entry_of(info), std::move(made)); }

 private:
  struct Entry;

  Entry* find_entry(const DependencyInfo& info) const noexcept;
  Entry& entry_of(const DependencyInfo& info);
  const void* keep(Entry& entry, std::unique_ptr<MadeValue> made);

  std::atomic<Entry*> entries_{nullptr};  // only ever grows
  std::mutex mutex_;
  std::vector<std::unique_ptr<MadeValue>> made_;  // in the order in which they were there
};

/// Of one application: its singletons, and the way to what its loops have.
class DependencyStore {
 public:
  SharedValues& singletons() noexcept { return singletons_; }
  /// Of the current loop; they are destroyed with it.
  SharedValues& of_loop();
  SharedValues& of(DependencyLifetime lifetime) {
    return lifetime == DependencyLifetime::Application ? singletons_ : of_loop();
  }

 private:
  // Loops have it too, so that no later store has its address while one of them lives.
  std::shared_ptr<const char> loop_key_ = std::make_shared<const char>();
  SharedValues singletons_;
};

}  // namespace coroute::detail

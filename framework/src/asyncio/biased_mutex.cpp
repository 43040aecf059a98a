// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/biased_mutex.hpp"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coroute::detail {
namespace {

bool membarrier(int command) noexcept {
  return syscall(SYS_membarrier, command, 0, 0) == 0;
}

/// Before there are threads: the kernel would have to wait for all of them. False, as in what is initialized before
/// this: no mutex is ever owned.
const bool can_share = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);

std::atomic<std::uint64_t> threads{0};

}  // namespace

bool BiasedMutex::enter_first_or_share() noexcept {
  if (thread_number == 0) thread_number = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  std::uint64_t none = nobody;
  if (can_share && owner_.compare_exchange_strong(none, thread_number, std::memory_order_relaxed)) {
    if (enter_as_owner()) return true;
  }
  share();
  return false;
}

/// Afterwards the owner is out, and what it did is visible here.
void BiasedMutex::share() noexcept {
  const std::lock_guard lock(mutex_);
  if (use_.load(std::memory_order_relaxed) == Use::Shared) return;
  use_.store(Use::BecomingShared, std::memory_order_seq_cst);
  if (can_share) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  while (inside_.load(std::memory_order_acquire))
    sched_yield();
  use_.store(Use::Shared, std::memory_order_release);
}

}  // namespace coroute::detail

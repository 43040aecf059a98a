// SPDX-License-Identifier: BSL-1.0
#include "thread_stack.hpp"

#include <execinfo.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace coroute::detail {
namespace {

constexpr int sample_signal = SIGURG;  // ignored unless a program asks for it
constexpr std::size_t own_frames = 2;  // the handler, and the trampoline that calls it

/// Filled by the handler. `ticket` says for which request: a thread that answers late finds another number.
ThreadStack sampled;
std::atomic<unsigned> ticket{0};
std::atomic<unsigned> taken{0};
sem_t answered;

void copy_task(ThreadStack& into) noexcept {
  const TaskState* const task = TaskState::current();
  if (!task) return;
  const std::size_t length = task->copy_name(into.task.data(), into.task.size() - 1);
  into.task[length] = '\0';
  for (const FrameBase* frame = task->top; frame && into.entry_count < into.entries.size(); frame = frame->parent)
    into.entries[into.entry_count++] = frame->stack_entry();
}

/// On the thread that is asked. Reads what that thread itself owns, allocates nothing.
void on_signal(int) {
  const int saved = errno;
  const unsigned wanted = ticket.load(std::memory_order_acquire);
  unsigned last = taken.load(std::memory_order_relaxed);
  if (wanted != last && taken.compare_exchange_strong(last, wanted)) {
    sampled.entry_count = 0;
    sampled.task[0] = '\0';
    const int count = backtrace(sampled.frames.data(), static_cast<int>(sampled.frames.size()));
    sampled.frame_count = static_cast<std::size_t>(count);
    copy_task(sampled);
    sem_post(&answered);
  }
  errno = saved;
}

}  // namespace

StackSampler::StackSampler() {
  std::array<void*, 1> warm_up{};
  backtrace(warm_up.data(), 1);  // loads the unwinder: not to be done in a signal handler
  sem_init(&answered, 0, 0);
  struct sigaction present{};
  if (sigaction(sample_signal, nullptr, &present) != 0) return;
  if (present.sa_handler != SIG_DFL && present.sa_handler != &on_signal) return;
  struct sigaction ours{};
  ours.sa_handler = &on_signal;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  installed_ = sigaction(sample_signal, &ours, nullptr) == 0;
}

// The handler stays as it is harmless: without a new ticket it does nothing, and a signal may still be on its way.
StackSampler::~StackSampler() = default;

std::optional<ThreadStack> StackSampler::sample(int thread, std::chrono::milliseconds patience) {
  if (!installed_) return std::nullopt;
  while (sem_trywait(&answered) == 0) {
  }
  ticket.fetch_add(1, std::memory_order_release);
  if (syscall(SYS_tgkill, getpid(), thread, sample_signal) != 0) return std::nullopt;
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  const auto nanoseconds = until.tv_nsec + std::chrono::nanoseconds(patience).count();
  until.tv_sec += static_cast<time_t>(nanoseconds / 1'000'000'000);
  until.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  while (sem_timedwait(&answered, &until) != 0) {
    if (errno == EINTR) continue;
    // Nobody may write any more: whoever answers from now on finds its ticket taken.
    unsigned last = taken.load();
    const unsigned ours = ticket.load();
    if (last != ours && taken.compare_exchange_strong(last, ours)) return std::nullopt;
    sem_wait(&answered);  // it has just begun to answer
    break;
  }
  ThreadStack stack = sampled;
  const std::size_t skipped = stack.frame_count < own_frames ? stack.frame_count : own_frames;
  for (std::size_t i = skipped; i < stack.frame_count; ++i)
    stack.frames[i - skipped] = stack.frames[i];
  stack.frame_count -= skipped;
  return stack;
}

}  // namespace coroute::detail

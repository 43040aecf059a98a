// SPDX-License-Identifier: BSL-1.0
#include "thread_stack.hpp"

#include <execinfo.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <mutex>

namespace coroute::detail {
namespace {

constexpr int sample_signal = SIGURG;  // ignored unless a program asks for it

/// What the signal handler writes. Its frames begin with the handler's own.
struct Sample {
  ThreadStack stack;
  void* interrupted = nullptr;  // instruction at which the signal came; null: not known on this processor
  void* caller = nullptr;       // of the handler
};

// A sample has a number, and with it the thread that is to answer: whoever moves `concluded` to it, the thread's
// handler or the one who gives up waiting, decides what became of it. So a late answer writes nothing.
Sample sampled;
std::atomic<std::uint64_t> asked{0};
std::atomic<std::uint64_t> concluded{0};
sem_t answered;
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "used in a signal handler");

constexpr std::uint64_t number_of(std::uint64_t sample) {
  return sample >> 32U;
}
constexpr std::uint64_t next_sample(std::uint64_t last, int thread) {
  return (number_of(last) + 1) << 32U | static_cast<std::uint32_t>(thread);
}
constexpr int thread_of(std::uint64_t sample) {
  return static_cast<int>(static_cast<std::uint32_t>(sample));
}

/// False: somebody else has, and later samples may have been concluded since.
bool conclude(std::uint64_t sample) noexcept {
  std::uint64_t last = concluded.load(std::memory_order_relaxed);
  while (number_of(last) < number_of(sample)) {
    if (concluded.compare_exchange_weak(last, sample)) return true;
  }
  return false;
}

void* interrupted_instruction([[maybe_unused]] const void* context) noexcept {
#if defined(__x86_64__)
  return reinterpret_cast<void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
#else
  return nullptr;
#endif
}

void copy_task(ThreadStack& into) noexcept {
  into.entry_count = 0;
  into.task[0] = '\0';
  const TaskState* const task = TaskState::current();
  if (!task) return;
  const std::size_t length = task->copy_name(into.task.data(), into.task.size() - 1);
  into.task[length] = '\0';
  for (const FrameBase* frame = task->top; frame && into.entry_count < into.entries.size(); frame = frame->parent)
    into.entries[into.entry_count++] = frame->stack_entry();
}

/// On the thread that is asked. Reads what that thread itself owns, allocates nothing.
void on_signal(int, siginfo_t*, void* context) {
  const int saved = errno;
  const std::uint64_t sample = asked.load(std::memory_order_acquire);
  if (thread_of(sample) == static_cast<int>(syscall(SYS_gettid)) && conclude(sample)) {
    ThreadStack& stack = sampled.stack;
    const int count = backtrace(stack.frames.data(), static_cast<int>(stack.frames.size()));
    stack.frame_count = static_cast<std::size_t>(count);
    sampled.interrupted = interrupted_instruction(context);
    sampled.caller = __builtin_return_address(0);
    copy_task(stack);
    sem_post(&answered);
  }
  errno = saved;
}

/// The handler stays for good: without a question it does nothing, and a signal may still be on its way.
bool install_handler() {
  std::array<void*, 1> warm_up{};
  backtrace(warm_up.data(), 1);  // loads the unwinder: not to be done in a signal handler
  sem_init(&answered, 0, 0);
  struct sigaction present{};
  if (sigaction(sample_signal, nullptr, &present) != 0) return false;
  if (present.sa_handler != SIG_DFL && present.sa_handler != SIG_IGN) return false;
  struct sigaction ours{};
  ours.sa_sigaction = &on_signal;
  ours.sa_flags = SA_RESTART | SA_SIGINFO;
  sigemptyset(&ours.sa_mask);
  return sigaction(sample_signal, &ours, nullptr) == 0;
}

bool handler_is_installed() {
  static const bool was = install_handler();
  if (!was) return false;
  struct sigaction present{};
  return sigaction(sample_signal, nullptr, &present) == 0 && present.sa_sigaction == &on_signal;
}

/// False: not within `patience`, and no more.
bool wait_for_answer(std::uint64_t sample, std::chrono::milliseconds patience) {
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  const auto nanoseconds = until.tv_nsec + std::chrono::nanoseconds(patience).count();
  until.tv_sec += static_cast<time_t>(nanoseconds / 1'000'000'000);
  until.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  while (sem_timedwait(&answered, &until) != 0) {
    if (errno == EINTR) continue;
    if (conclude(sample)) return false;
    while (sem_wait(&answered) != 0) {  // it has just begun to answer
    }
    break;
  }
  return true;
}

/// The stack begins at the interrupted instruction. Where a sanitizer calls the handler later, that is not in it.
void drop_handler_frames(ThreadStack& stack, const void* interrupted, const void* caller) {
  const auto begin = stack.frames.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(stack.frame_count);
  auto first = std::find(begin, end, interrupted);
  if (first == end) first = std::find(begin, end, caller);
  if (first == end) return;
  std::copy(first, end, begin);
  stack.frame_count -= static_cast<std::size_t>(first - begin);
}

}  // namespace

void prepare_samples() {
  if (!handler_is_installed()) return;
  ThreadStack own;
  own.frame_count = static_cast<std::size_t>(backtrace(own.frames.data(), static_cast<int>(own.frames.size())));
  symbolize(own);
}

std::optional<ThreadStack> sample_stack(int thread, std::chrono::milliseconds patience) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  if (!handler_is_installed()) return std::nullopt;
  const std::uint64_t sample = next_sample(asked.load(std::memory_order_relaxed), thread);
  asked.store(sample, std::memory_order_release);
  if (syscall(SYS_tgkill, getpid(), thread, sample_signal) != 0) return std::nullopt;
  if (!wait_for_answer(sample, patience)) return std::nullopt;
  ThreadStack stack = sampled.stack;
  drop_handler_frames(stack, sampled.interrupted, sampled.caller);
  return stack;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a thread that runs no loop can poll for: a notice of other threads, and signals.
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <vector>

namespace coroute::detail {

/// Its descriptor is readable for ever once the notice has been given. Whoever finds that it is given sees all that was
/// done before; that the descriptor is readable alone doesn't promise that.
class Notice {
 public:
  Notice() : descriptor_(eventfd(0, EFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  }
  ~Notice() { close(descriptor_); }
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  bool is_given() const noexcept { return is_given_.load(std::memory_order_acquire); }
  /// Any thread.
  void give() noexcept {
    is_given_.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(descriptor_, &one, sizeof one);
  }

 private:
  int descriptor_;
  std::atomic<bool> is_given_ = false;
};

/// Blocks signals in the calling thread, for good, and gives them to be read.
class SignalDescriptor {
 public:
  explicit SignalDescriptor(const std::vector<int>& wanted) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : wanted)
      sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC);
    if (descriptor_ < 0) throw std::system_error(errno, std::system_category(), "signalfd");
  }
  ~SignalDescriptor() { close(descriptor_); }
  SignalDescriptor(const SignalDescriptor&) = delete;
  SignalDescriptor& operator=(const SignalDescriptor&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  /// The next one, waited for; 0: none.
  int take() const noexcept {
    signalfd_siginfo info{};
    if (read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return 0;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  int descriptor_ = -1;
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A write to a pipe that nobody reads must not end the process: EPIPE says the same.
#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace coroute::detail {

/// Blocks SIGPIPE in this thread while it lives and swallows the one that a write in between has raised.
class SigpipeBlock {
 public:
  SigpipeBlock() noexcept {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeBlock() {
    const int error = errno;
    const timespec at_once{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Threads of the library take no signals: a signal sent to the process would otherwise end it on a thread that knows
/// nothing of graceful shutdown.
#include <pthread.h>

#include <csignal>

namespace coroute::detail {

/// Blocks every signal in this thread while it lives; a thread started meanwhile inherits that for good.
class SignalBlock {
 public:
  SignalBlock() noexcept {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGURG);  // by which the watchdog asks a thread for its stack; otherwise ignored
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

}  // namespace coroute::detail

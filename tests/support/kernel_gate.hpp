// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A wait in the kernel that signal handlers can interrupt, under every sanitizer.
#include <semaphore.h>

namespace coroute::testing {

/// A std::latch with one count, by a call that sanitizers know to be one that waits.
class KernelGate {
 public:
  KernelGate() { sem_init(&semaphore_, 0, 0); }
  ~KernelGate() { sem_destroy(&semaphore_); }
  KernelGate(const KernelGate&) = delete;
  KernelGate& operator=(const KernelGate&) = delete;

  void open() { sem_post(&semaphore_); }
  void wait() {
    while (sem_wait(&semaphore_) != 0) {
    }
  }

 private:
  sem_t semaphore_;
};

[[gnu::noinline]] inline void wait_in_kernel(KernelGate& gate) {
  gate.wait();
  asm volatile("");
}

}  // namespace coroute::testing

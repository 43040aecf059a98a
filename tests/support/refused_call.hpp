// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A kernel that lacks a system call, or whose file system does.
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <future>

namespace coroute::test {

/// From now on the calling thread, and those that it starts, get `error` for every such call: for good.
inline void refuse_call(long number, int error) {
  const unsigned result = SECCOMP_RET_ERRNO | (static_cast<unsigned>(error) & SECCOMP_RET_DATA);
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, result),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

/// Runs `body` on a thread that is refused this call, as are the servers that it starts.
template <class Body>
void without_call(long number, int error, Body body) {
  std::async(std::launch::async, [&] {
    refuse_call(number, error);
    body();
  }).get();
}

}  // namespace coroute::test

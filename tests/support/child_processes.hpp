// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Child processes that tests start.
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "coroute/asyncio/subprocess.hpp"

namespace coroute::testing {

inline SubprocessOptions piped() {
  return SubprocessOptions().std_in(Stdio::Pipe).std_out(Stdio::Pipe);
}
inline SubprocessOptions with_output() {
  return SubprocessOptions().std_out(Stdio::Pipe);
}

/// Runs for longer than any test.
inline Async<Process> start_blocked(SubprocessOptions options = {}) {
  return create_subprocess_exec("sleep", "3600", options);
}

inline Async<std::string> output_of_shell(std::string command, SubprocessOptions options = {}) {
  Process process = co_await create_subprocess_shell(std::move(command), options.std_out(Stdio::Pipe));
  ProcessOutput output = co_await process.communicate();
  co_return std::move(output.std_out);
}

/// Gone and reaped, not a zombie.
inline bool is_gone(pid_t pid) {
  return kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace coroute::testing

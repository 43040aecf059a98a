// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Starts a program with its standard streams in place.
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/subprocess.hpp"

namespace coroute::detail {

/// A descriptor that closes itself.
class OwnedDescriptor {
 public:
  OwnedDescriptor() noexcept = default;
  explicit OwnedDescriptor(int fd) noexcept : fd_(fd) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~OwnedDescriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A child, and this process' ends of its pipes, non-blocking; empty where there is none.
struct SpawnedChild {
  pid_t pid = -1;
  OwnedDescriptor std_in;
  OwnedDescriptor std_out;
  OwnedDescriptor std_err;
};

/// std::system_error with errno; std::invalid_argument for what no program can be started with.
SpawnedChild spawn_child(const std::vector<std::string>& command, const SubprocessOptions& options);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A pipe of the test's own, which can be filled until it takes no more.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace coroute::testing {

class Pipe {
 public:
  Pipe() { REQUIRE(pipe2(ends_, O_CLOEXEC) == 0); }
  ~Pipe() {
    close_read_end();
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int write_end() const { return ends_[1]; }
  /// As a file name, which opens the same pipe once more.
  std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[1]); }

  void close_read_end() { close_end(ends_[0]); }
  void close_write_end() { close_end(ends_[1]); }

  /// Writes "x" until nothing more fits.
  void fill() const {
    fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string block(4096, 'x');
    while (write(ends_[1], block.data(), block.size()) > 0) {
    }
    fcntl(ends_[1], F_SETFL, 0);
  }
  /// Until every write end is closed.
  std::string read_all() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(ends_[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

 private:
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }

  int ends_[2] = {-1, -1};
};

}  // namespace coroute::testing

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The process's log in a file of the test's own; afterwards logging is as it was before any configuration.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "coroute/observe/logging.hpp"

namespace coroute::testing {

/// An empty file that is removed at the end.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string path = "/tmp/coroute_test_XXXXXX";
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    close(fd);
    path_ = std::move(path);
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
      lines.push_back(line);
    return lines;
  }

 private:
  std::string path_;
};

class LogCapture {
 public:
  explicit LogCapture(LogOptions options = {}) {
    if (options.file.empty()) options.file = file_.path();
    configure_logging(options);
  }
  ~LogCapture() { shutdown_logging(); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  /// Ends logging and gives what was logged.
  std::vector<std::string> lines() const {
    shutdown_logging();
    return file_.lines();
  }
  /// Of a text line: what follows the time.
  static std::string after_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

 private:
  TemporaryFile file_;
};

}  // namespace coroute::testing

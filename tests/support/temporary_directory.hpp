// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A directory of a test's own, gone with it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace coroute::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_((std::filesystem::temp_directory_path() / "coroute-files-XXXXXX").string()) {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Makes the directories above it too; gives its path.
  std::string write(std::string_view name, std::string_view content) const {
    const std::string full = path(name);
    std::filesystem::create_directories(std::filesystem::path(full).parent_path());
    std::ofstream file(full, std::ios::binary);
    file << content;
    file.close();
    REQUIRE(file);
    return full;
  }
  void link(std::string_view name, const std::string& target) const {
    std::filesystem::create_symlink(target, path(name));
  }
  void set_time(std::string_view name, std::chrono::sys_seconds time) const {
    const timespec stamp{std::chrono::system_clock::to_time_t(time), 0};
    const timespec both[2] = {stamp, stamp};
    REQUIRE(utimensat(AT_FDCWD, path(name).c_str(), both, 0) == 0);
  }

 private:
  std::string path_;
};

}  // namespace coroute::test

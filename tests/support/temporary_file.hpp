// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The name of a file in a folder of its own, which is gone after the test.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace coroute::test {

class TemporaryFile {
 public:
  TemporaryFile() : folder_("/tmp/coroute-test-XXXXXX") { REQUIRE(mkdtemp(folder_.data()) != nullptr); }
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return folder_ + "/file"; }
  std::string read() const {
    std::ifstream input(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& text) const { std::ofstream(path(), std::ios::binary) << text; }

 private:
  std::string folder_;
};

}  // namespace coroute::test

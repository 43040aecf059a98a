// SPDX-License-Identifier: BSL-1.0
// Runs every target over its seeds and each beginning of them, without libFuzzer: replay CORPUS [TARGET ...]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "targets.hpp"

namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// In memory of its own size, so that a sanitizer sees what is read beyond it.
void run_on(const coroute::fuzz::Target& target, std::string_view input) {
  const auto copy = std::make_unique<char[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  target.run({copy.get(), input.size()});
}

/// How many inputs were run.
std::size_t replay(const coroute::fuzz::Target& target, const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::size_t count = 0;
  for (const fs::path& file : files) {
    const std::string content = content_of(file);
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // the last line names the seed when the program ends early
    for (std::size_t size = 0; size <= content.size(); ++size, ++count)
      run_on(target, std::string_view(content).substr(0, size));
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 2) {
    std::fputs("usage: fuzz_replay CORPUS [TARGET ...]\n", stderr);
    return 2;
  }
  bool complete = true;
  for (const auto& target : coroute::fuzz::targets) {
    const auto wanted = arguments.subspan(2);
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), target.name) == wanted.end()) continue;
    const fs::path folder = fs::path(arguments[1]) / target.name;
    const std::size_t count = fs::is_directory(folder) ? replay(target, folder) : 0;
    std::printf("%.*s: %zu inputs\n", static_cast<int>(target.name.size()), target.name.data(), count);
    complete = complete && count > 0;
  }
  return complete ? 0 : 1;
}

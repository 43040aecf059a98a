// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the clients in C++ have in common: their command line, the count of requests, and the figures they print.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string port;
  std::string path = "/plaintext";
  std::string body;             ///< POSTed as JSON when there is one.
  std::size_t answer_size = 0;  ///< Of the body of each answer.
  std::size_t concurrent = 1;   ///< Requests that are under way at once.
  std::size_t connections = 1;  ///< Opened at most; what is over waits for one.
  std::uint64_t requests = std::numeric_limits<std::uint64_t>::max();
  double seconds = 3600;
  std::uint64_t warm_up = 1000;  ///< Requests before those that count; they open the connections.

  std::string url() const { return "http://127.0.0.1:" + port + path; }
};

/// Ends the process with what is wrong.
[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--port") options.port = value;
    if (name == "--path") options.path = value;
    if (name == "--body") options.body = read_file(value);
    if (name == "--answer-size") options.answer_size = std::stoul(value);
    if (name == "--concurrent") options.concurrent = std::stoul(value);
    if (name == "--connections") options.connections = std::stoul(value);
    if (name == "--requests") options.requests = std::stoull(value);
    if (name == "--seconds") options.seconds = std::stod(value);
    if (name == "--warm-up") options.warm_up = std::stoull(value);
  }
  if (options.port.empty() || argc % 2 == 0) fail("usage: CLIENT --port N [--OPTION VALUE ...]");
  return options;
}

/// One stretch of requests: the workers ask it before each.
class Load {
 public:
  Load(const Options& options, std::uint64_t requests, double seconds)
      : answer_size_(options.answer_size), left_(requests), began_(Clock::now()), cpu_began_(cpu()) {
    until_ = began_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    micros_.reserve(std::min<std::uint64_t>(requests, 4'000'000));
  }
  static Load warm_up(const Options& options) { return {options, options.warm_up, 60}; }
  static Load measured(const Options& options) { return {options, options.requests, options.seconds}; }

  /// `now` becomes the time at which the next request begins. False: there is none.
  bool begin(Clock::time_point& now) noexcept {
    if (left_ == 0) return false;
    now = Clock::now();
    if (now >= until_) return false;
    --left_;
    return true;
  }
  void end(Clock::time_point began, int status, std::size_t answer_size) {
    if (status != 200 || answer_size != answer_size_) {
      fail("answered " + std::to_string(status) + " with " + std::to_string(answer_size) + " bytes");
    }
    micros_.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count()));
  }

  /// The figures as one line of JSON.
  void print() {
    const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    const Cpu used = cpu();
    std::sort(micros_.begin(), micros_.end());
    std::printf(R"({"requests": %zu, "seconds": %.6f, "user_seconds": %.6f, "kernel_seconds": %.6f, )"
                R"("p50_us": %u, "p99_us": %u, "max_us": %u})"
                "\n",
                micros_.size(), seconds, used.user - cpu_began_.user, used.kernel - cpu_began_.kernel, percentile(50),
                percentile(99), percentile(100));
  }

 private:
  struct Cpu {
    double user;
    double kernel;
  };
  static Cpu cpu() noexcept {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {seconds(usage.ru_utime), seconds(usage.ru_stime)};
  }
  std::uint32_t percentile(std::size_t percent) const noexcept {
    return micros_.empty() ? 0 : micros_[std::min(micros_.size() - 1, micros_.size() * percent / 100)];
  }

  std::size_t answer_size_;
  std::uint64_t left_;
  Clock::time_point began_;
  Clock::time_point until_;
  Cpu cpu_began_;
  std::vector<std::uint32_t> micros_;
};

}  // namespace bench

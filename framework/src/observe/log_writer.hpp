// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Writes log lines to a file descriptor that may be full, closed or slow.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coroute::detail {

class LogWriter {
 public:
  /// Takes over `fd`; -1 loses everything.
  explicit LogWriter(int fd) noexcept;
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Writes lines that end with a line end each, and waits for a slow reader until the time to give up. Returns how
  /// many lines are lost; a line begun with spaces belongs to the one before.
  std::uint64_t write(std::string_view lines) noexcept;
  /// What is written later is lost.
  void close() noexcept;
  /// Any thread; at first: never.
  void give_up_at(std::chrono::steady_clock::time_point time) noexcept;
  bool must_hurry() const noexcept { return give_up_at_.load(std::memory_order_relaxed) != never; }

 private:
  static constexpr std::chrono::steady_clock::rep never =
      std::chrono::steady_clock::time_point::max().time_since_epoch().count();

  bool wait_writable() const noexcept;
  std::size_t write_some(std::string_view text) noexcept;

  int fd_;
  bool regular_file_ = false;
  bool line_is_torn_ = false;  // a line was begun and its rest is lost
  std::atomic<std::chrono::steady_clock::rep> give_up_at_{never};
};

/// A duplicate of stderr, or the file opened to append. Throws std::system_error that names the file.
int open_log(const std::string& file);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The end of spdlog's queue: turns records into lines and writes them in batches.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include "coroute/observe/logging.hpp"
#include "log_writer.hpp"

namespace coroute::detail {

/// Belongs to the thread of the queue it serves, and to whoever destroyed that queue afterwards.
class LogSink final : public spdlog::sinks::sink {
 public:
  /// What can't be written is added to `lost`.
  LogSink(LogFormat format, int fd, std::atomic<std::uint64_t>& lost);

  void serve(spdlog::details::thread_pool& queue) noexcept { queue_ = &queue; }
  /// Any thread: from then on nobody waits for a slow reader beyond `time`.
  void finish_by(std::chrono::steady_clock::time_point time) noexcept { writer_.give_up_at(time); }
  /// After the queue's end: writes what is left and closes.
  void finish() noexcept;

  void log(const spdlog::details::log_msg& message) override;
  void flush() override { write_batch(); }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  bool batch_is_complete(LogLevel level);
  void write_batch() noexcept;
  void report_dropped();

  LogFormat format_;
  LogWriter writer_;
  std::atomic<std::uint64_t>& lost_;
  spdlog::details::thread_pool* queue_ = nullptr;
  std::string batch_;
  std::size_t known_waiting_ = 0;  // records that are in the queue for certain
  bool lingered_ = false;
  std::uint64_t reported_ = 0;
  std::chrono::steady_clock::time_point reported_at_{};
};

}  // namespace coroute::detail

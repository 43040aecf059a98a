// SPDX-License-Identifier: BSL-1.0
#include "log_sink.hpp"

#include <thread>

#include "log_line.hpp"

namespace coroute::detail {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t batch_bytes = 64 * 1024;
constexpr std::chrono::seconds report_interval{1};

/// While this thread sleeps, a line costs its caller no system call to wake it, and many lines leave in one write.
constexpr std::chrono::milliseconds linger{5};

}  // namespace

LogSink::LogSink(LogFormat format, int fd, std::atomic<std::uint64_t>& lost)
    : format_(format), writer_(fd), lost_(lost), reported_(lost.load()) {}

void LogSink::log(const spdlog::details::log_msg& message) {
  const auto level = static_cast<LogLevel>(message.level);
  append_log_line(batch_, format_, level, message.time, {message.payload.data(), message.payload.size()});
  if (batch_is_complete(level) || batch_.size() >= batch_bytes) write_batch();
}

bool LogSink::batch_is_complete(LogLevel level) {
  if (known_waiting_ > 0) {
    --known_waiting_;
    return false;
  }
  known_waiting_ = queue_->queue_size();
  if (known_waiting_ == 0 && !lingered_ && level < LogLevel::Error && !writer_.must_hurry()) {
    std::this_thread::sleep_for(linger);
    lingered_ = true;
    known_waiting_ = queue_->queue_size();
  }
  if (known_waiting_ > 0) {
    --known_waiting_;
    return false;
  }
  lingered_ = false;
  return true;
}

void LogSink::write_batch() noexcept {
  lost_.fetch_add(writer_.write(batch_), std::memory_order_relaxed);
  batch_.clear();
  try {
    report_dropped();
  } catch (...) {
    // Out of memory: the report comes later.
  }
}

void LogSink::report_dropped() {
  const std::uint64_t dropped = lost_.load(std::memory_order_relaxed) + (queue_ ? queue_->overrun_counter() : 0);
  const auto now = steady_clock::now();
  if (dropped == reported_ || (now - reported_at_ < report_interval && !writer_.must_hurry())) return;
  std::string body;
  append_log_body(body, format_, "log lines dropped", {{"lines", dropped - reported_}, {"total", dropped}}, {});
  std::string line;
  append_log_line(line, format_, LogLevel::Warning, std::chrono::system_clock::now(), body);
  reported_at_ = now;
  if (writer_.write(line) == 0) reported_ = dropped;
}

void LogSink::finish() noexcept {
  queue_ = nullptr;
  write_batch();
  writer_.close();
  batch_ = {};
}

}  // namespace coroute::detail

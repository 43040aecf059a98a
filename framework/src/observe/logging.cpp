// SPDX-License-Identifier: BSL-1.0
#include "coroute/observe/logging.hpp"

#include <spdlog/async_logger.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/request_id.hpp"
#include "log_line.hpp"
#include "log_sink.hpp"
#include "log_writer.hpp"

namespace coroute {
namespace {

using spdlog::details::thread_pool;

/// For a write that blocks in the kernel in spite of all care, as on a network file system that is gone.
constexpr std::chrono::milliseconds thread_end_limit{500};

constexpr LogLevel unconfigured_level = LogLevel::Warning;

std::atomic<std::uint64_t> lost_lines{0};
std::atomic<LogLevel> least_level{unconfigured_level};

/// One configuration. Never freed, since any thread may be inside `log`; the queue is.
struct Configuration {
  LogFormat format;
  std::chrono::milliseconds flush_limit;
  std::shared_ptr<detail::LogSink> sink;
  std::shared_ptr<spdlog::async_logger> logger;
  std::weak_ptr<thread_pool> queue;
};

std::atomic<const Configuration*> active{nullptr};

/// What only `configure_logging` and `shutdown_logging` touch. Outlives all static objects.
struct Setup {
  std::mutex mutex;
  std::vector<std::unique_ptr<Configuration>> configurations;
  std::shared_ptr<thread_pool> queue;
  std::future<void> ended;
};

Setup& setup() {
  static Setup* const instance = new Setup;
  return *instance;
}

/// The queue's last owner, who may be a thread inside `log`, ends its thread and writes what is left.
std::shared_ptr<thread_pool> start_queue(std::size_t lines, std::shared_ptr<detail::LogSink> sink,
                                         std::promise<void> ended) {
  const detail::SignalBlock signals_blocked;
  auto queue = std::make_unique<thread_pool>(lines, 1, [] { pthread_setname_np(pthread_self(), "coroute-log"); });
  sink->serve(*queue);
  auto end = [sink = std::move(sink),
              ended = std::make_shared<std::promise<void>>(std::move(ended))](thread_pool* own) {
    const std::size_t overruns = own->overrun_counter();
    delete own;
    lost_lines.fetch_add(overruns, std::memory_order_relaxed);
    sink->finish();
    ended->set_value();
  };
  return {queue.release(), std::move(end)};
}

void end_active(Setup& state) noexcept {
  const Configuration* configuration = active.exchange(nullptr);
  if (!configuration) return;
  least_level = unconfigured_level;
  configuration->sink->finish_by(std::chrono::steady_clock::now() + configuration->flush_limit);
  try {
    const detail::SignalBlock signals_blocked;
    std::thread([queue = std::move(state.queue)]() mutable { queue.reset(); }).detach();
  } catch (const std::system_error&) {
    state.queue.reset();
  }
  state.ended.wait_for(configuration->flush_limit + thread_end_limit);
}

/// Without a configuration: straight to stderr, if that takes it at once.
void write_now(LogLevel level, std::string_view body) {
  std::string line;
  detail::append_log_line(line, LogFormat::Text, level, std::chrono::system_clock::now(), body);
  const int fd = detail::open_log({});
  detail::LogWriter writer(fd);
  writer.give_up_at(std::chrono::steady_clock::time_point::min());
  lost_lines.fetch_add(writer.write(line), std::memory_order_relaxed);
}

constexpr std::array<std::string_view, 7> level_names{"trace", "debug", "info", "warning", "error", "critical", "off"};

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::string_view to_string(LogFormat format) noexcept {
  return format == LogFormat::Json ? "json" : "text";
}

std::optional<LogLevel> parse_log_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (iequals(text, level_names[i])) return static_cast<LogLevel>(i);
  }
  if (iequals(text, "warn")) return LogLevel::Warning;
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) noexcept {
  if (iequals(text, "text")) return LogFormat::Text;
  if (iequals(text, "json")) return LogFormat::Json;
  return std::nullopt;
}

void configure_logging(const LogOptions& options) {
  if (options.queue_lines == 0) throw std::invalid_argument("the log's queue needs room for a line at least");
  auto configuration = std::make_unique<Configuration>();
  configuration->format = options.format;
  configuration->flush_limit = options.flush_limit;
  configuration->sink = std::make_shared<detail::LogSink>(options.format, detail::open_log(options.file), lost_lines);
  std::promise<void> ended;
  std::future<void> end = ended.get_future();
  auto queue = start_queue(options.queue_lines, configuration->sink, std::move(ended));
  configuration->queue = queue;
  configuration->logger = std::make_shared<spdlog::async_logger>(std::string(), configuration->sink, queue,
                                                                 spdlog::async_overflow_policy::overrun_oldest);
  configuration->logger->set_level(spdlog::level::trace);

  Setup& state = setup();
  const std::lock_guard lock(state.mutex);
  if (state.configurations.empty()) std::atexit([] { shutdown_logging(); });
  state.configurations.push_back(std::move(configuration));
  end_active(state);
  state.queue = std::move(queue);
  state.ended = std::move(end);
  active = state.configurations.back().get();
  least_level = options.level;
}

void shutdown_logging() noexcept {
  Setup& state = setup();
  const std::lock_guard lock(state.mutex);
  end_active(state);
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
  static const std::vector<StackEntry> no_stack;
  log(level, message, fields, no_stack);
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
         const std::vector<StackEntry>& stack) noexcept {
  if (!log_enabled(level)) return;
  try {
    thread_local std::string body;
    body.clear();
    const Configuration* configuration = active.load();
    const bool names_request =
        std::any_of(fields.begin(), fields.end(), [](const LogField& f) { return f.key == detail::request_id_key; });
    const std::string request = names_request ? std::string() : request_id();
    detail::append_log_body(body, configuration ? configuration->format : LogFormat::Text, message, fields, stack,
                            request);
    if (!configuration) return write_now(level, body);
    // Held until the line is in it; gone when another thread shuts down right now.
    const std::shared_ptr<thread_pool> queue = configuration->queue.lock();
    if (queue) {
      configuration->logger->log(static_cast<spdlog::level::level_enum>(level), spdlog::string_view_t(body));
    } else {
      lost_lines.fetch_add(1, std::memory_order_relaxed);
    }
  } catch (...) {
    lost_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

bool log_enabled(LogLevel level) noexcept {
  return level >= least_level.load(std::memory_order_relaxed) && level != LogLevel::Off;
}

std::uint64_t dropped_log_lines() noexcept {
  const Configuration* configuration = active.load();
  const std::shared_ptr<thread_pool> queue = configuration ? configuration->queue.lock() : nullptr;
  return lost_lines.load(std::memory_order_relaxed) + (queue ? queue->overrun_counter() : 0);
}

}  // namespace coroute

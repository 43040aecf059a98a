// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The log of the process: one line of text or JSON for each event, written by a thread of its own.
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coroute/asyncio/task.hpp"

namespace coroute {

enum class LogLevel : unsigned char { Trace, Debug, Info, Warning, Error, Critical, Off };
enum class LogFormat : unsigned char { Text, Json };

/// "trace", "debug", "info", "warning", "error", "critical", "off".
std::string_view to_string(LogLevel level) noexcept;
std::string_view to_string(LogFormat format) noexcept;
/// The names above in any case, and "warn"; nullopt for anything else.
std::optional<LogLevel> parse_log_level(std::string_view text) noexcept;
/// "text" or "json" in any case.
std::optional<LogFormat> parse_log_format(std::string_view text) noexcept;

struct LogOptions {
  LogLevel level = LogLevel::Info;  ///< What is less severe is not logged.
  LogFormat format = LogFormat::Text;
  std::string file{};                           ///< Appended to, so that it may be truncated while open; empty: stderr.
  std::size_t queue_lines = 8192;               ///< Lines that may wait to be written; about 400 bytes of memory each.
  std::chrono::milliseconds flush_limit{2000};  ///< How long `shutdown_logging` tries to write what waits.
};

/// Starts the log's thread; replaces what was configured before. Throws std::system_error when the file can't be opened
/// and std::invalid_argument for a queue without room. Until it is called, and after `shutdown_logging`, lines of level
/// warning and above go straight to stderr as text.
void configure_logging(const LogOptions& options);
/// Writes what waits, for `LogOptions::flush_limit` at most, and ends the log's thread. Also done when the process
/// exits.
void shutdown_logging() noexcept;

/// A named value of a log line. Refers to its texts, which must live until `log` returns.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  template <class T>
    requires std::integral<T> || std::floating_point<T>
  LogField(std::string_view name, T number);

  std::string_view key;
  Value value;
};

/// Adds a line; any thread. Never waits and never throws: while the queue is full the oldest line in it is dropped, and
/// so is what can't be written (a full disk, a closed pipe); dropped lines are counted, and the log says how many.
/// Control characters are escaped, so that a text can't pretend to be a line; what is not UTF-8 becomes U+FFFD; texts
/// beyond 8 KiB are cut. In JSON a field named like a member that each line has ("time", "level", "message", "stack")
/// gets an underscore. A line that is logged for a request (`request_id()`) ends with a field request_id, unless it has
/// one.
///
///     log_warning("backend is slow", {{"url", url}, {"seconds", 2.5}});
///     2026-11-22T17:12:00.123Z WARNING backend is slow url=http://inventory:8000 seconds=2.5
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
/// With an async stack: further lines that begin with two spaces, or the array "stack" in JSON.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
         const std::vector<StackEntry>& stack) noexcept;

void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;

/// Whether a line of this level would be written: ask before work is done only for a log line.
bool log_enabled(LogLevel level) noexcept;
/// Lines lost since the process began.
std::uint64_t dropped_log_lines() noexcept;

/// "  at function (file:line)" for each entry, joined by line ends.
std::string format_stack(const std::vector<StackEntry>& stack);

// Implementation

template <class T>
  requires std::integral<T> || std::floating_point<T>
LogField::LogField(std::string_view name, T number) : key(name) {
  if constexpr (std::same_as<T, bool>) {
    value = number;
  } else if constexpr (std::floating_point<T>) {
    value = static_cast<double>(number);
  } else if constexpr (std::signed_integral<T>) {
    value = static_cast<std::int64_t>(number);
  } else {
    value = static_cast<std::uint64_t>(number);
  }
}

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  log(LogLevel::Debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  log(LogLevel::Info, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  log(LogLevel::Warning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  log(LogLevel::Error, message, fields);
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How a log line looks, in text and in JSON.
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/observe/logging.hpp"

namespace coroute::detail {

/// A longer text in a line is cut, so that the queue's memory is bounded.
inline constexpr std::size_t max_log_text_bytes = 8 * 1024;

inline constexpr std::string_view request_id_key = "request_id";

/// What follows time and level, without the line end: made by the thread that logs, while the values live. A request id
/// that is not empty becomes the last field.
void append_log_body(std::string& out, LogFormat format, std::string_view message,
                     std::initializer_list<LogField> fields, const std::vector<StackEntry>& stack,
                     std::string_view request_id = {});

/// The whole line: made by the log's thread.
void append_log_line(std::string& out, LogFormat format, LogLevel level, std::chrono::system_clock::time_point time,
                     std::string_view body);

}  // namespace coroute::detail

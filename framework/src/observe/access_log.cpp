// SPDX-License-Identifier: BSL-1.0
#include "coroute/observe/access_log.hpp"

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/debug.hpp"
#include "coroute/observe/logging.hpp"

namespace coroute {
namespace {

double milliseconds(std::chrono::nanoseconds duration) {
  return std::round(static_cast<double>(duration.count()) / 1e3) / 1e3;
}

/// "203.0.113.7:51234", "[2001:db8::1]:51234"; "-" when unknown.
std::string to_text(const PeerAddress& peer) {
  if (peer.host.empty()) return "-";
  const bool is_v6 = peer.host.find(':') != std::string::npos;
  std::string text = is_v6 ? "[" + peer.host + "]" : peer.host;
  return text.append(":").append(std::to_string(peer.port));
}

void write_refusal_line(const AccessRecord& record) {
  log(LogLevel::Info, "request refused", {{"status", record.status.code()}, {"client", to_text(*record.client)}});
}

void write_access_line(const AccessRecord& record) {
  if (!record.request) return write_refusal_line(record);
  const Request& request = *record.request;
  const std::string client = to_text(request.client());
  const std::string_view target = request.target();
  const std::string_view route = request.route_path();
  log(LogLevel::Info, record.client_left ? "request, client left" : "request",
      {{"method", request.method_name()},
       {"path", target.substr(0, target.find('?'))},
       {"route", route.empty() ? "-" : route},
       {"status", record.status.code()},
       {"bytes", record.body_bytes},
       {"duration_ms", milliseconds(record.duration)},
       {"request_id", request.request_id()},
       {"client", client}});
}

}  // namespace

void log_access(const AccessRecord& record) noexcept {
  if (!log_enabled(LogLevel::Info)) return;
  try {
    write_access_line(record);
  } catch (...) {
    log_error("no memory for an access log line");
  }
}

void log_handler_error(const HandlerError& error) noexcept {
  try {
    const Request& request = *error.request;
    const std::string what = describe_exception(error.error);
    log(LogLevel::Error, "handler failed",
        {{"error", what},
         {"method", request.method_name()},
         {"target", request.target()},
         {"request_id", request.request_id()}},
        error.stack);
  } catch (...) {
    log_error("no memory to say why a handler failed");
  }
}

void install_exception_logging() {
  set_exception_handler([](const ExceptionContext& context) {
    const std::string what = describe_exception(context.error);
    log(LogLevel::Error, context.message, {{"error", what}}, context.stack);
  });
}

void install_warning_logging() {
  set_warning_handler([](const std::string& warning) { log_warning(warning); });
}

void log_blocked_loop(const BlockedLoop& blocked) noexcept {
  try {
    std::vector<StackEntry> stack;
    for (const ThreadStackEntry& entry : blocked.thread_stack)
      stack.push_back({entry.function, entry.file, entry.line});
    stack.insert(stack.end(), blocked.async_stack.begin(), blocked.async_stack.end());
    const std::string_view task = blocked.task.empty() ? "-" : std::string_view(blocked.task);
    log(LogLevel::Warning, "event loop is blocked",
        {{"loop", blocked.loop},
         {"thread", blocked.thread},
         {"seconds", std::round(milliseconds(blocked.blocked)) / 1e3},
         {"task", task}},
        stack);
  } catch (...) {
    log_error("no memory to say which loop is blocked");
  }
}

}  // namespace coroute

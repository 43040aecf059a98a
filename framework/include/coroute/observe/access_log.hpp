// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a server and its loops report, as log lines. Give these to their hooks.
#include "coroute/asyncio/watchdog.hpp"
#include "coroute/http/access_record.hpp"

namespace coroute {

/// One line of level info: method, path without the query, route, status, bytes, duration_ms, request_id, client.
void log_access(const AccessRecord& record) noexcept;

/// One line of level error: what was thrown, method, target, request_id; and where, each awaiting function with its
/// line.
void log_handler_error(const HandlerError& error) noexcept;

/// From now on an error of a task that nobody waits for goes to the log, with its stack. Call it before loops run.
void install_exception_logging();

/// The same for the warnings of the debug mode, at level warning.
void install_warning_logging();

/// One line of level warning: loop, thread, seconds, task; and the thread's functions, then the task's coroutines. For
/// a Watchdog.
void log_blocked_loop(const BlockedLoop& blocked) noexcept;

}  // namespace coroute

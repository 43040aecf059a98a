// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a server reports about requests and errors, as log lines. Give these to the server's hooks.
#include "coroute/http/access_record.hpp"

namespace coroute {

/// One line of level info: method, path without the query, route, status, bytes, duration_ms, request_id, client.
void log_access(const AccessRecord& record) noexcept;

/// One line of level error: what was thrown, method, target, request_id; and where, each awaiting function with its
/// line.
void log_handler_error(const HandlerError& error) noexcept;

/// From now on an error of a task that nobody waits for goes to the log, with its stack. Call it before loops run.
void install_exception_logging();

}  // namespace coroute

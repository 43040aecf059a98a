// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a server tells about the requests it has answered.
#include <exception>
#include <mutex>
#include <string>
#include <vector>

#include "coroute/server/server.hpp"

namespace coroute::test {

/// The errors of handlers, and a line for each request: "200 /path".
struct Reports {
  std::mutex mutex;
  std::vector<std::string> errors;
  std::vector<std::string> accesses;

  ServerOptions options() {
    ServerOptions options;
    options.on_handler_error = [this](const HandlerError& error) {
      const std::lock_guard guard(mutex);
      try {
        std::rethrow_exception(error.error);
      } catch (const std::exception& e) {
        errors.emplace_back(e.what());
      }
    };
    options.on_access = [this](const AccessRecord& record) {
      const std::lock_guard guard(mutex);
      accesses.push_back(std::to_string(record.status.code()) + ' ' + std::string(record.request->route_path()));
    };
    return options;
  }
  std::vector<std::string> all_accesses() {
    const std::lock_guard guard(mutex);
    return accesses;
  }
};

}  // namespace coroute::test

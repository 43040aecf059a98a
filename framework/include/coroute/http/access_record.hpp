// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a server tells logs and metrics about a request.
#include <chrono>
#include <cstdint>
#include <exception>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/status.hpp"

namespace coroute {

/// One answered request, for the access log.
struct AccessRecord {
  const Request* request = nullptr;     ///< Null when what came was refused before it could become a Request.
  const PeerAddress* client = nullptr;  ///< Never null.
  Status status = Status::Ok;
  std::uint64_t body_bytes = 0;  ///< Of the response.
  std::chrono::nanoseconds duration{};
  bool client_left = false;  ///< Nobody got the answer.
};

/// A handler failed with an exception that is not an HttpException, and the client got a 500.
struct HandlerError {
  const Request* request = nullptr;
  std::exception_ptr error;
  std::vector<StackEntry> stack;
};

}  // namespace coroute

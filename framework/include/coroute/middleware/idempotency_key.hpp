// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Requests that may be sent again: Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "coroute/asyncio/function.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

struct IdempotencyKeyOptions {
  /// How long an answer is given again.
  std::chrono::seconds expires_after = std::chrono::hours(24);
  /// Whether POST and PATCH without a key get 400.
  bool required = false;
  /// Whose key it is: keys of different texts have nothing to do with each other. Null: the Authorization field.
  Function<std::string(const Request&)> scope = nullptr;
  /// Longer keys get 400.
  std::size_t max_key_length = 255;
  /// Answers that are kept, and their bytes. Beyond them what was not asked for longest is forgotten; an answer that is
  /// larger than all may be together is not kept.
  std::size_t max_entries = 10'000;
  std::size_t max_bytes = 64 * 1024 * 1024;
};

/// The first answer to a POST or PATCH is given to all that come with the same key later, with `idempotent-replayed:
/// true`; those that come while it is made get 409. What differs from the first request gets 422. Failures are not
/// kept: 408, 425, 429, 5xx and exceptions, and answers whose body is not in memory. The body of the request is read
/// whole, so that it can be compared. The memory is that of this process, shared by its loops: several processes behind
/// a balancer need a database. With `RouteOptions::cancel_on_disconnect = false` a client that left finds the answer
/// when it asks again; else its handler was cancelled, and starts anew.
///
///     payments.use(IdempotencyKeyMiddleware({.required = true}));
class IdempotencyKeyMiddleware {
 public:
  explicit IdempotencyKeyMiddleware(IdempotencyKeyOptions options = {});
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  struct Keys;
  static Async<Response> serve(Keys& keys, Request& request, const Handler& next, std::string key);

  std::shared_ptr<Keys> keys_;
};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/idempotency_key.hpp"

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/http/error_response.hpp"
#include "crypto/digest.hpp"
#include "middleware/response_store.hpp"

namespace coroute {
namespace {

bool is_failure(Status status) noexcept {
  return status == Status::RequestTimeout || status == Status::TooEarly || status == Status::TooManyRequests ||
         status.code() >= 500;
}

Response refusal(const Request& request, Status status, const char* why) {
  return error_response(request, HttpException(status, why));
}

std::string fingerprint_of(const Request& request, std::string_view body) {
  std::string text(request.method_name());
  text.append(" ").append(request.target()).append("\n").append(body);
  return detail::sha256(text);
}

}  // namespace

struct IdempotencyKeyMiddleware::Keys {
  explicit Keys(IdempotencyKeyOptions given)
      : options(std::move(given)), store(options.max_entries, options.max_bytes) {}

  /// The length keeps the parts apart, whatever is in them.
  std::string full_key(const Request& request, std::string_view key) const {
    const std::string scope(options.scope ? options.scope(request) : request.header("authorization").value_or(""));
    return detail::sha256(std::to_string(key.size()).append(" ").append(key).append(scope));
  }

  IdempotencyKeyOptions options;
  detail::ResponseStore store;
};

IdempotencyKeyMiddleware::IdempotencyKeyMiddleware(IdempotencyKeyOptions options)
    : keys_(std::make_shared<Keys>(std::move(options))) {}

Async<Response> IdempotencyKeyMiddleware::serve(Keys& keys, Request& request, const Handler& next, std::string key) {
  const std::string_view body = co_await request.body();
  const std::string fingerprint = fingerprint_of(request, body);
  detail::ResponseStore::Ticket ticket = keys.store.enter(key, EventLoop::current().time());
  if (ticket.entry) {
    if (ticket.entry->fingerprint != fingerprint)
      co_return refusal(request, Status::UnprocessableContent, "Idempotency-Key was used for another request");
    Response again = ticket.entry->response->response();
    again.headers.set("idempotent-replayed", "true");
    co_return again;
  }
  if (!ticket.leads) co_return refusal(request, Status::Conflict, "a request with this Idempotency-Key is in progress");
  const detail::ResponseStore::Lead lead(keys.store, key, std::move(ticket.flight));
  Response response = co_await next(request);
  auto stored = is_failure(response.status) ? std::nullopt : detail::StoredResponse::of(response);
  if (stored) {
    const auto now = EventLoop::current().time();
    keys.store.put(key, {std::move(stored), fingerprint, now, now + keys.options.expires_after});
  }
  co_return response;
}

Async<Response> IdempotencyKeyMiddleware::operator()(Request& request, const Handler& next) const {
  if (request.method() != Method::Post && request.method() != Method::Patch) return next(request);
  const std::string_view key = request.header("idempotency-key").value_or("");
  const IdempotencyKeyOptions& options = keys_->options;
  if (key.empty() && !options.required) return next(request);
  const char* const problem = key.empty()                           ? "Idempotency-Key is missing"
                              : key.size() > options.max_key_length ? "Idempotency-Key is too long"
                                                                    : nullptr;
  if (problem) return Async<Response>::ready(refusal(request, Status::BadRequest, problem));
  return serve(*keys_, request, next, keys_->full_key(request, key));
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/response_cache.hpp"

#include "coroute/asyncio/event_loop.hpp"
#include "middleware/safe_method.hpp"
#include "middleware/shared_cache.hpp"

namespace coroute {
namespace {

using detail::ResponseStore;

Clock::time_point now() {
  return EventLoop::current().time();
}

Response hit(const ResponseStore::Entry& entry) {
  Response response = entry.response->response();
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now() - entry.stored_at);
  response.headers.set("age", std::to_string(age.count()));
  response.headers.set("cache-status", "coroute; hit");
  return response;
}

/// RFC 9111 section 4.4.
Async<Response> change(std::shared_ptr<detail::SharedCache> cache, Request& request, Async<Response> answer) {
  Response response = co_await std::move(answer);
  if (response.status.code() < 400) cache->invalidate(request);
  co_return response;
}

}  // namespace

ResponseCacheMiddleware::ResponseCacheMiddleware(ResponseCacheOptions options)
    : cache_(std::make_shared<detail::SharedCache>(options)) {}

Async<Response> ResponseCacheMiddleware::serve(detail::SharedCache& cache, Request& request, const Handler& next) {
  std::string key = cache.key_of(request);
  ResponseStore::Ticket ticket = cache.store().enter(key, now());
  while (!ticket.entry && !ticket.leads) {
    co_await ticket.flight->landed.wait();
    if (ticket.flight->is_of_no_use.load()) {
      const std::uint64_t generation = cache.generation_of(request);
      Response own = co_await next(request);
      cache.keep(request, own, key, generation, now());
      co_return own;
    }
    key = cache.key_of(request);  // it may be known by now which fields make a difference
    ticket = cache.store().enter(key, now());
  }
  if (ticket.entry && ticket.entry->response) co_return hit(*ticket.entry);
  if (ticket.entry) co_return co_await next(request);
  ResponseStore::Lead lead(cache.store(), key, std::move(ticket.flight));
  const std::uint64_t generation = cache.generation_of(request);
  try {
    Response response = co_await next(request);
    if (!cache.keep(request, response, key, generation, now())) lead.set_of_no_use();
    co_return response;
  } catch (const std::exception&) {
    lead.set_of_no_use();
    throw;
  }
}

Async<Response> ResponseCacheMiddleware::operator()(Request& request, const Handler& next) const {
  if (!detail::is_safe(request.method())) return change(cache_, request, next(request));
  // The handler of a WebSocket has no answer as long as that is open, and then none for others.
  if (request.method() != Method::Get || request.header("range") || request.asks_for_websocket()) return next(request);
  return serve(*cache_, request, next);
}

}  // namespace coroute

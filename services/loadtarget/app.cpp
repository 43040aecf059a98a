// SPDX-License-Identifier: BSL-1.0
#include "app.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "coroute/coroute.hpp"
#include "item.hpp"

namespace loadtarget {
namespace {

using namespace coroute;

constexpr std::size_t max_bytes = 16 * 1024 * 1024;
constexpr long long max_sleep_ms = 60'000;
constexpr int other_routes = 36;  // so that GET /items/{item_id} is found among 50

Async<Json> read_item(Request& request) {
  const auto item_id = request.path_param<long long>("item_id");
  const auto q = request.query("q");
  co_return Json{{"item_id", item_id}, {"q", q ? Json(*q) : Json(nullptr)}};
}

Async<Json> create_item(Request& request) {
  Json body = co_await request.json();
  co_return check_item(std::move(body));
}

Response bytes(Request& request) {
  static const std::string filler(max_bytes, 'x');
  const auto count = request.path_param<std::size_t>("n");
  if (count > max_bytes) throw HttpException(422, "at most 16777216 bytes");
  return static_bytes(std::string_view(filler).substr(0, count), "application/octet-stream");
}

Async<Json> wait(Request& request) {
  const auto ms = request.path_param<long long>("ms");
  if (ms < 0 || ms > max_sleep_ms) throw HttpException(422, "ms must be between 0 and 60000");
  co_await sleep(std::chrono::milliseconds(ms));
  co_return Json{{"slept_ms", ms}};
}

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  co_return Response(std::string(body), request.header("content-type").value_or("application/octet-stream"));
}

constexpr std::size_t max_fanout = 1000;

/// What calls the backend for GET /fanout: shared by all loops.
struct Fanout {
  explicit Fanout(const Settings& settings)
      : enabled(!settings.backend.empty()), client({.base_url = settings.backend}), slots(settings.backend_slots) {}

  Async<int> call(std::size_t index) {
    const Permit slot = co_await slots.acquire();
    try {
      const ClientResponse answer = co_await client.get("/items/" + std::to_string(index));
      co_return answer.status().code();
    } catch (const ClientTimeout&) {
      throw HttpException(504, "the backend gave no answer in time");
    } catch (const ClientError&) {
      throw HttpException(502, "the backend is unreachable or its answer can't be used");
    }
  }

  Async<Json> answer(Request& request) {
    if (!enabled) throw HttpException(503, "start with --backend URL");
    const auto count = request.path_param<std::size_t>("n");
    if (count > max_fanout) throw HttpException(422, "at most 1000 calls");
    std::vector<Async<int>> calls;
    for (std::size_t i = 0; i < count; ++i)
      calls.push_back(call(i));
    const std::vector<int> statuses = co_await gather(std::move(calls));
    const auto succeeded = std::count(statuses.begin(), statuses.end(), 200);
    co_return Json{{"calls", count}, {"succeeded", succeeded}};
  }

  bool enabled;
  Client client;
  Semaphore slots;
};

}  // namespace

App make_app(const Settings& settings) {
  App app({.title = "loadtarget"});
  app.get("/plaintext", []() -> Async<Response> { co_return text("Hello, World!"); });
  app.get("/json", []() -> Async<Json> { co_return Json{{"message", "Hello, World!"}}; });
  for (int i = 0; i < other_routes; ++i) {
    const std::string path = "/api/v1/resource" + std::to_string(i) + "/{id}";
    app.get(RoutePath::runtime(path), [](Request& request) { return std::string(request.path_param("id")); });
  }
  app.get("/healthz", [] { return Json{{"status", "ok"}}; });
  app.get("/items/{item_id}", read_item);
  app.post("/items", create_item);
  app.get("/bytes/{n}", bytes);
  app.get("/sleep/{ms}", wait);
  app.get("/fanout/{n}",
          [fanout = std::make_shared<Fanout>(settings)](Request& request) { return fanout->answer(request); });
  app.post("/echo", echo);
  app.route(MethodSet::any(), "/any/{path:path}", echo);
  return app;
}

}  // namespace loadtarget

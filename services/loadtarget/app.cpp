// SPDX-License-Identifier: BSL-1.0
#include "app.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/coroute.hpp"
#include "item.hpp"

namespace loadtarget {
namespace {

using namespace coroute;

constexpr std::size_t max_bytes = 16 * 1024 * 1024;
constexpr int other_routes = 36;  // so that GET /items/{item_id} is found among 50

Lookup read_item(Path<std::int64_t, "item_id"> item_id, Query<std::optional<std::string>, "q"> q) {
  return {item_id, q};
}

Item create_item(Item item) {
  return item;
}

Response bytes(Path<std::size_t, "n", le(max_bytes)> count) {
  static const std::string filler(max_bytes, 'x');
  return static_bytes(std::string_view(filler).substr(0, count), "application/octet-stream");
}

struct Slept {
  std::int64_t slept_ms;
};

Async<Slept> wait(Path<std::int64_t, "ms", ge(0), le(60'000)> ms) {
  co_await sleep(std::chrono::milliseconds(ms));
  co_return Slept{ms};
}

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  co_return Response(std::string(body), request.header("content-type").value_or("application/octet-stream"));
}

Async<void> echo_messages(WebSocket& ws) {
  co_await ws.accept();
  while (auto message = co_await ws.receive()) {
    if (message->is_text()) {
      co_await ws.send_text(std::move(*message).data());
    } else {
      co_await ws.send_bytes(std::move(*message).data());
    }
  }
}

using FanoutCount = Path<std::size_t, "n", le(1000)>;

struct FanoutAnswer {
  std::size_t calls;
  std::size_t succeeded;
};

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

  Async<FanoutAnswer> answer(std::size_t count) {
    if (!enabled) throw HttpException(503, "start with --backend URL");
    std::vector<Async<int>> calls;
    for (std::size_t i = 0; i < count; ++i)
      calls.push_back(call(i));
    const std::vector<int> statuses = co_await gather(std::move(calls));
    const auto succeeded = static_cast<std::size_t>(std::count(statuses.begin(), statuses.end(), 200));
    co_return FanoutAnswer{count, succeeded};
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
          [fanout = std::make_shared<Fanout>(settings)](FanoutCount count) { return fanout->answer(count); });
  app.post("/echo", echo);
  app.websocket("/ws", echo_messages);
  app.route(MethodSet::any(), "/any/{path:path}", echo);
  return app;
}

}  // namespace loadtarget

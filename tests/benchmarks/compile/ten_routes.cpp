// SPDX-License-Identifier: BSL-1.0
// Ten routes of a usual service, for the time that compiling them takes: bench.py --compile.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "coroute/coroute.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct Order {
  long long id;
  std::string sku;
  std::optional<std::string> note;
};

Json to_json(const Order& order) {
  return {{"id", order.id}, {"sku", order.sku}, {"note", order.note ? Json(*order.note) : Json(nullptr)}};
}

Async<Json> read_order(Request& request) {
  const auto id = request.path_param<long long>("order_id");
  if (id < 1) throw HttpException(404, "no such order");
  co_return to_json(Order{id, "KB-8842", std::nullopt});
}

Async<Json> create_order(Request& request) {
  const Json body = co_await request.json();
  if (!body.contains("sku")) throw HttpException(422, "an order needs a sku");
  const Order order{1, body["sku"].get<std::string>(), body.value("note", std::string())};
  co_return to_json(order);
}

Async<void> delete_order(Request& request) {
  request.path_param<long long>("order_id");
  co_await sleep(1ms);
}

Response show_order(Request& request) {
  return html("<p>" + std::to_string(request.path_param<long long>("order_id")) + "</p>");
}

std::size_t word_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

}  // namespace

void add_routes(App& app, Client& backend, Semaphore& slots);
void add_routes(App& app, Client& backend, Semaphore& slots) {
  app.get("/", [] { return Json{{"message", "Hello, World!"}}; });
  app.get("/version", [] { return "1.0"; });
  app.get("/orders/{order_id}", read_order, {.name = "order"});
  app.post("/orders", create_order, {.status = 201});
  app.del("/orders/{order_id}", delete_order, {.status = 204});
  app.get("/orders/{order_id}/page", show_order);
  app.get("/search", [](Request& request) {
    Json found = Json::array();
    for (const std::string_view tag : request.query_params().get_all("tag"))
      found.push_back(tag);
    return found;
  });
  app.get("/quote/{sku}", [&](Request& request) -> Async<Json> {
    const Permit slot = co_await slots.acquire();
    const std::string sku(request.path_param("sku"));
    auto [stock, price] = co_await gather(backend.get("/stock/" + sku), backend.get("/price/" + sku));
    co_return Json{{"stock", stock.json()}, {"price", price.json()}};
  });
  app.post("/words", [](Request& request) -> Async<Json> {
    const std::string text(co_await request.body());
    co_return co_await to_thread(word_count, text);
  });
  app.get("/slow", [](Request& request) -> Async<Response> {
    try {
      co_await timeout(100ms, sleep(1s));
    } catch (const TimeoutError&) {
      co_return text("too slow", 504);
    }
    co_return text(std::string(request.request_id()));
  });
}

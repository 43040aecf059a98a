// SPDX-License-Identifier: BSL-1.0
// Ten typed routes of a usual service, for the time that compiling them takes: bench.py --compile.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "coroute/coroute.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

enum class Sort { newest, cheapest };

struct NewItem {
  std::string name;
  double price;
  std::optional<std::string> note;
  std::vector<std::string> tags;
  static constexpr auto schema =
      fields(field<&NewItem::name>(min_length(1), max_length(80)), field<&NewItem::price>(gt(0)),
             field<&NewItem::tags>(defaulted, max_length(10)));
};

struct Item {
  int id;
  std::string name;
  double price;
  std::vector<std::string> tags;
};

struct Page {
  std::vector<Item> items;
  int total;
};

struct User {
  std::string name;
};

struct Paging {
  Query<int, "skip", defaults_to(0), ge(0)> skip;
  Query<int, "limit", defaults_to(100), ge(1), le(100)> limit;
};

User current_user(const HttpBearer& bearer) {
  if (bearer.credentials != "secret") throw HttpException(401, "Invalid token");
  return {bearer.credentials};
}

Async<Item> read_item(Path<int, "item_id", ge(1)> item_id, Query<std::optional<std::string>, "q", max_length(50)> q) {
  if (*item_id > 1000) throw HttpException(404, "no such item");
  co_return Item{item_id, q->value_or("item"), 1.5, {}};
}

Async<Item> create_item(const NewItem& item, Depends<current_user> user) {
  co_return Item{1, item.name + user->name, item.price, item.tags};
}

Async<Item> replace_item(Path<int, "item_id", ge(1)> item_id, const NewItem& item) {
  co_return Item{item_id, item.name, item.price, item.tags};
}

Async<void> delete_item(Path<int, "item_id", ge(1)>, Depends<current_user>) {
  co_await sleep(1ms);
}

Page list_items(Params<Paging> paging, Query<Sort, "sort", defaults_to(Sort::newest)>,
                Query<std::vector<std::string>, "tag", defaulted> tags) {
  return {{{1, tags->empty() ? "" : tags->front(), 1.5, {}}}, paging->skip + paging->limit};
}

std::size_t word_count(const std::string& text) {
  return text.size() / 5;
}

}  // namespace

void add_routes(App& app, Client& backend, Semaphore& slots);
void add_routes(App& app, Client& backend, Semaphore& slots) {
  app.get("/", [] { return Json{{"message", "Hello, World!"}}; });
  app.get("/items", list_items, {.tags = {"items"}});
  app.get("/items/{item_id}", read_item, {.name = "read_item", .tags = {"items"}});
  app.post("/items", create_item, {.status = 201, .tags = {"items"}});
  app.put("/items/{item_id}", replace_item, {.tags = {"items"}});
  app.del("/items/{item_id}", delete_item, {.status = 204, .tags = {"items"}});
  app.get("/me", [](Depends<current_user> user) { return *user; });
  app.get("/quote/{sku}", [&](Path<std::string, "sku"> sku) -> Async<Json> {
    const Permit slot = co_await slots.acquire();
    auto [stock, price] = co_await gather(backend.get("/stock/" + *sku), backend.get("/price/" + *sku));
    co_return Json{{"stock", stock.json()}, {"price", price.json()}};
  });
  app.post("/words", [](Body<std::string, "text"> text) -> Async<std::size_t> {
    co_return co_await to_thread(word_count, *text);
  });
  app.get("/slow",
          [](Header<std::optional<std::string>, "x_trace"> trace, Cookie<std::string, "session">) -> Async<Response> {
            try {
              co_await timeout(100ms, sleep(1s));
            } catch (const TimeoutError&) {
              co_return text("too slow", 504);
            }
            co_return text(trace->value_or("none"));
          });
}

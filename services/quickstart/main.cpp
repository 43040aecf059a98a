// SPDX-License-Identifier: BSL-1.0
#include <coroute/coroute.hpp>
#include "tour.hpp"  // tour

using namespace coroute;
using namespace std::chrono_literals;

struct NewItem {  // a plain struct is a model: no macro, no base class
  std::string name;
  double price;
  std::vector<std::string> tags;
  static constexpr auto schema = fields(  // what the types can't say
      field<&NewItem::name>(min_length(1), max_length(80)), field<&NewItem::price>(gt(0)),
      field<&NewItem::tags>(defaulted, max_length(10)));
};
struct Item {
  int item_id;
  std::string name;
  double price;
  std::vector<std::string> tags;
};
struct ItemQuery {
  int item_id;
  std::optional<std::string> q;
};

ItemQuery read_item(Path<int, "item_id"> item_id, Query<std::optional<std::string>, "q", max_length(50)> q) {
  return {item_id, q};
}

Item create_item(const NewItem& item) {  // a model is the JSON body, validated
  static std::atomic<int> last_id{0};    // all loops call the handler at once
  return {++last_id, item.name, item.price, item.tags};
}

Async<std::string> wait_for_both() {
  co_await gather(sleep(100ms), sleep(100ms));  // 100 ms, not 200
  co_return "done";
}

std::string render(std::string name) {  // blocks, as a library for PDFs or pictures would
  std::this_thread::sleep_for(20ms);
  return "Hello, " + name + "!";
}

int main(int argc, char** argv) {
  AppOptions about{.title = "Quickstart", .version = "1.0.0"};
  tour::describe(about);  // tour
  App app{about};
  Semaphore renderers{4};  // at most 4 at once, over all loops

  app.get("/", [] { return Json{{"message", "Hello, World!"}}; }, {.name = "read_root"});
  app.get("/items/{item_id}", read_item, {.name = "read_item", .tags = {"items"}});
  app.post("/items", create_item, {.status = 201, .name = "create_item", .tags = {"items"}});
  app.get("/both", wait_for_both, {.name = "wait_for_both"});
  const auto say_hello = [&](Path<std::string, "name"> name) -> Async<std::string> {
    auto slot = co_await renderers.acquire();
    co_return co_await to_thread(render, *name);  // the loop serves others meanwhile
  };
  app.get("/hello/{name}", say_hello, {.name = "say_hello", .answer_as = AnswerAs::PlainText});
  tour::add_to(app);              // tour
  return serve(app, argc, argv);  // --host --port --loops ...; SIGTERM drains
}

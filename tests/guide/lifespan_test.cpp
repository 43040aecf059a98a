// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: what goes on around serving.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// What the snippets use, and note for the test.
std::vector<std::string> noted;

struct Model {
  double factor;
  double predict(double x) const { return factor * x; }
};

Model load_model() {  // blocks
  noted.push_back("loaded");
  return {2.0};
}

Async<void> refresh_prices() {
  noted.push_back("refreshed");
  co_return;
}

Queue<std::string>& orders() {
  static Queue<std::string> queue;
  return queue;
}

namespace around {
// [lifespan]
AsyncGenerator<Model> model_lifespan() {
  Model model = co_await to_thread(load_model);  // before the first request; an error ends the start
  co_yield model;                                // served
  noted.push_back("closed");                     // after the last request
}

App make_app() {
  App app;
  const auto model = app.lifespan(model_lifespan);  // what it yields, for handlers
  app.get("/predict", [model](Query<double, "x"> x) { return Json{{"result", model->predict(*x)}}; });
  return app;
}
// [/lifespan]
}  // namespace around

namespace working {
// [background]
Async<void> ship_orders() {
  try {
    while (true) {
      const std::string order = co_await orders().get();
      noted.push_back("shipped " + order);
    }
  } catch (const QueueShutDown&) {  // nothing is left
  }
}

App make_app() {
  App app;
  app.background("ship orders", ship_orders,                 // again, after a growing pause, when it fails
                 {.on_stop = [] { orders().shutdown(); }});  // at the end it ships what is left
  app.periodic("refresh prices", 30s, refresh_prices, {.at_once = true});
  app.post("/orders/{name}", [](Path<std::string, "name"> name) -> Async<void> { co_await orders().put(*name); });
  return app;
}
// [/background]
}  // namespace working

}  // namespace

TEST_SUITE_BEGIN("guide");

TEST_CASE("guide: a lifespan stands around serving") {
  noted.clear();
  TestClient client(around::make_app());
  CHECK(client.get("/predict?x=21").json()["result"] == 42.0);
  client.close();
  CHECK(noted == std::vector<std::string>{"loaded", "closed"});
}

TEST_CASE("guide: background tasks run while the application is served") {
  noted.clear();
  TestClient client(working::make_app());
  client.post("/orders/book");
  client.advance(70s);
  client.post("/orders/pen");
  orders().put_nowait("cup");
  client.close();
  CHECK(noted ==
        std::vector<std::string>{"refreshed", "shipped book", "refreshed", "refreshed", "shipped pen", "shipped cup"});
}

TEST_SUITE_END();

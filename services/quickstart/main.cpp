// SPDX-License-Identifier: BSL-1.0
#include <coroute/coroute.hpp>

using namespace coroute;
using namespace std::chrono_literals;

std::string render(std::string name) {  // blocks, as a library for PDFs or pictures would
  std::this_thread::sleep_for(20ms);
  return "Hello, " + name + "!";
}

Async<Json> sell(Request& request) {
  const Json order = co_await request.json();
  if (!order.contains("sku")) throw HttpException{422, "an order needs a sku"};
  co_return Json{{"sold", order["sku"]}};
}

int main(int argc, char** argv) {
  App app{{.title = "Quickstart"}};
  Semaphore renderers{4};  // at most 4 at once, over all loops

  app.get("/", [] { return Json{{"message", "Hello, World!"}}; });
  app.get("/items/{item_id}", [](Request& request) {
    return Json{{"item_id", request.path_param<int>("item_id")}, {"q", request.query("q").value_or("")}};
  });
  app.post("/orders", sell, {.status = 201});
  app.get("/hello/{name}", [&](Request& request) -> Async<Response> {
    auto slot = co_await renderers.acquire();
    std::string name(request.path_param("name"));
    co_return text(co_await to_thread(render, name));  // the loop serves others meanwhile
  });
  app.get("/both", []() -> Async<Json> {
    co_await gather(sleep(100ms), sleep(100ms));  // 100 ms, not 200
    co_return "done";
  });
  return serve(app, argc, argv);  // --host --port --loops ...; SIGTERM drains
}

// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/app_transport.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

App make_inventory() {
  App app;
  app.get("/stock/{sku}", [](Path<std::string, "sku"> sku) { return Json{{"sku", *sku}, {"left", 3}}; });
  app.post("/echo", [](Request& request) -> Async<Response> {
    const std::string_view body = co_await request.body();
    co_return text(std::string(request.header("host").value_or("")) + ' ' + std::string(body));
  });
  app.get("/broken", []() -> int { throw std::runtime_error("secret"); });
  app.get("/slow", []() -> Async<int> {
    co_await sleep(1h);
    co_return 1;
  });
  return app;
}

}  // namespace

TEST_SUITE_BEGIN("testing");

ASYNC_TEST_CASE("app transport: requests are answered by the application, errors as a server would") {
  std::string ended;
  Client client{{.base_url = "http://inventory", .transport = std::make_shared<AppTransport>(make_inventory())}};
  ended = co_await outcome_of(client.get("/stock/k1"));
  CHECK(ended == R"(200 {"sku":"k1","left":3})");
  ended = co_await outcome_of(client.post("/echo").body("bytes"));
  CHECK(ended == "200 inventory bytes");
  ended = co_await outcome_of(client.get("/none"));
  CHECK(ended == R"(404 {"detail":"Not Found"})");
  ended = co_await outcome_of(client.get("/broken"));
  CHECK(ended == "500 Internal Server Error");
  ended = co_await outcome_of(client.get("/slow").timeout(2s));
  CHECK(ended == "TotalTimeout");
}

TEST_CASE("app transport: services that call one another are tested together, without a port") {
  auto client = std::make_shared<Client>(
      ClientOptions{.base_url = "http://inventory", .transport = std::make_shared<AppTransport>(make_inventory())});
  App front;
  front.get("/left/{sku}", [client](Path<std::string, "sku"> sku) -> Async<int> {
    const Json stock = (co_await client->get("/stock/" + *sku)).json();
    co_return stock["left"].get<int>();
  });
  TestClient test(std::move(front));
  CHECK(test.get("/left/k1").text() == "3");
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: calling other services.
#include "coroute/coroute.hpp"
#include "coroute/testing/app_transport.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// [calling]
struct Stock {
  std::string sku;
  int left;
};
struct Price {
  double amount;
};
struct Offer {
  std::string sku;
  int left;
  double price;
};

App make_shop(const Client& inventory, const Client& prices) {
  App app;
  app.get("/offers/{sku}", [&](Path<std::string, "sku"> sku) -> Async<Offer> {
    const auto [stock, price] = co_await gather(inventory.get("/stock/" + *sku).as<Stock>(),
                                                prices.get("/price").query("sku", *sku).as<Price>());
    co_return Offer{stock.sku, stock.left, price.amount};
  });
  return app;
}
// [/calling]

// [client_errors]
Async<std::string> order(const Client& orders, std::string sku) {
  try {
    const ClientResponse answer = co_await orders.post("/orders").json(Json{{"sku", sku}}).timeout(2s);
    if (answer.status() == Status::Conflict) co_return "sold out";
    answer.raise_for_status();  // what else is 400 or above throws HttpStatusError
    co_return answer.as<std::string>();
  } catch (const ClientTimeout&) {
    throw HttpException(504, "the order may or may not have been placed");
  } catch (const ConnectError&) {
    throw HttpException(503, "no order was placed", {{"retry-after", "5"}});
  }
}
// [/client_errors]

// [upstream]
Upstream make_inventory(std::shared_ptr<Transport> transport) {
  UpstreamOptions options;
  options.name = "inventory";
  options.addresses = {"http://10.0.0.1:8000", "http://10.0.0.2:8000"};
  options.concurrency.limit = 50;       // in progress at once, over all loops
  options.concurrency.max_queue = 200;  // wait for their turn; one more is refused
  options.client.timeout.total = 2s;
  options.client.retries.statuses = {502, 503};
  options.client.hedging.after = 300ms;
  options.client.transport = std::move(transport);  // of a test; connections without it
  return Upstream(std::move(options));
}
// [/upstream]

// [client_stream]
Async<std::size_t> copy(const Client& client, std::string from, std::string to) {
  ClientStream download = co_await client.get(from).stream();
  download.raise_for_status();
  std::size_t size = 0;
  AsyncGenerator<std::string> pieces = [](ClientStream& body, std::size_t& sent) -> AsyncGenerator<std::string> {
    while (const auto piece = co_await body.next()) {  // what isn't taken isn't received either
      sent += piece->size();
      co_yield std::string(*piece);
    }
  }(download, size);
  const ClientResponse answer = co_await client.put(to).body(std::move(pieces));
  answer.raise_for_status();
  co_return size;
}
// [/client_stream]

App make_stocks() {
  App app;
  app.get("/stock/{sku}", [](Path<std::string, "sku"> sku) { return Stock{*sku, 7}; });
  return app;
}

}  // namespace

TEST_SUITE_BEGIN("guide");

// [client_testing]
TEST_CASE("guide: an offer is put together from what two services say") {
  const auto prices = std::make_shared<MockTransport>();
  prices->on("GET", "/price", json(Json{{"amount", 12.5}}));
  const Client price_client{{.base_url = "http://prices", .transport = prices}};
  const Client stock_client{
      {.base_url = "http://inventory", .transport = std::make_shared<AppTransport>(make_stocks())}};

  TestClient shop(make_shop(stock_client, price_client));
  CHECK(shop.get("/offers/a1").json() == Json{{"sku", "a1"}, {"left", 7}, {"price", 12.5}});
  CHECK(prices->count("GET", "http://prices/price?sku=a1") == 1);
}
// [/client_testing]

ASYNC_TEST_CASE("guide: errors of a client are told apart") {
  const auto mock = std::make_shared<MockTransport>();
  const Client orders{{.base_url = "http://orders", .transport = mock}};
  mock->on("POST", "/orders", json(Json("order 5")));
  std::string said = co_await order(orders, "a1");
  CHECK(said == "order 5");
  mock->on("POST", "/orders", json(Json("none left"), Status::Conflict));
  said = co_await order(orders, "a1");
  CHECK(said == "sold out");
  const auto status_of = [&]() -> Async<int> {
    try {
      co_await order(orders, "a1");
    } catch (const HttpException& error) {
      co_return error.status().code();
    }
    co_return 0;
  };
  mock->fail<HeadTimeout>("POST", "/orders");
  int status = co_await status_of();
  CHECK(status == 504);
  mock->fail<ConnectError>("POST", "/orders");
  status = co_await status_of();
  CHECK(status == 503);
}

ASYNC_TEST_CASE("guide: an upstream asks another address when one doesn't answer") {
  const auto mock = std::make_shared<MockTransport>();
  mock->fail<ConnectError>("GET", "http://10.0.0.1:8000/stock/a1");
  mock->on("GET", "http://10.0.0.2:8000/stock/a1", json(Json{{"sku", "a1"}, {"left", 1}}));
  const Upstream inventory = make_inventory(mock);
  for (int i = 0; i < 5; ++i) {
    const Stock stock = co_await inventory.get("/stock/a1").as<Stock>();
    CHECK(stock.left == 1);
  }
  CHECK(inventory.stats().limit == 50);
}

ASYNC_TEST_CASE("guide: a body goes from one service to another as it comes") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "http://a/file", text(std::string(100'000, 'x'))).on("PUT", "http://b/file", text("thanks"));
  const Client client{{.transport = mock}};
  const std::size_t copied = co_await copy(client, "http://a/file", "http://b/file");
  CHECK(copied == 100'000);
  CHECK(mock->requests().back().body.size() == 100'000);
}

TEST_SUITE_END();

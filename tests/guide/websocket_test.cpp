// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <doctest/doctest.h>

#include <string>

#include "coroute/coroute.hpp"

#include "support/raw_server.hpp"
#include "websocket/frame.hpp"
#include "websocket/handshake.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

// [websocket_client]
struct Price {
  std::string symbol;
  double value;
};

Async<std::optional<Price>> last_price(const Client& exchange, std::string symbol) {
  WebSocket ws = co_await exchange.websocket("/prices").subprotocol("prices.v1").timeout(5s);
  const Json subscription{{"subscribe", symbol}};
  co_await ws.send_json(subscription);
  std::optional<Price> last;
  while (auto price = co_await ws.receive_json<Price>())  // until either side closes
    last = *price;
  if (ws.close_code() == WebSocketCloseCode::TryAgainLater) last.reset();
  co_return last;
}
// [/websocket_client]

/// Sends two prices, then closes with that code.
RawServer::Script exchange_that_closes(unsigned code) {
  return [code](RawConnection& connection) {
    const std::string request = connection.read_request();
    const std::string key = request.substr(request.find("sec-websocket-key: ") + 19, 24);
    connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        "sec-websocket-protocol: prices.v1\r\nsec-websocket-accept: " +
        detail::websocket_accept(key) + "\r\n\r\n");
    std::string frames;
    using detail::WebSocketOpcode;
    const auto append = [&](WebSocketOpcode opcode, std::string_view payload) {
      detail::append_frame(frames, detail::WebSocketRole::Server, opcode, payload);
    };
    append(WebSocketOpcode::Text, R"({"symbol": "EUR", "value": 1.25})");
    append(WebSocketOpcode::Text, R"({"symbol": "EUR", "value": 1.5})");
    append(WebSocketOpcode::Close, std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)});
    connection.send(frames);
    connection.wait_for_close();
  };
}

std::optional<Price> price_from(const RawServer& server) {
  const Client client(ClientOptions{.base_url = server.url()});
  return run(last_price(client, "EUR"));
}

}  // namespace

TEST_CASE("guide: messages of a WebSocket are received until it is closed") {
  const RawServer server(exchange_that_closes(1000));
  const std::optional<Price> price = price_from(server);
  REQUIRE(price.has_value());
  CHECK(price->value == 1.5);
  const RawServer busy(exchange_that_closes(1013));
  CHECK_FALSE(price_from(busy).has_value());
}

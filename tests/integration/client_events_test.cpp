// SPDX-License-Identifier: BSL-1.0
// Server-sent events over connections that are quiet, cut and lost.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

const std::string stream_head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

std::string chunk(const std::string& text) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

Async<std::string> all_of(AsyncGenerator<ServerSentEvent> events) {
  std::string all;
  try {
    while (true) {
      const std::optional<ServerSentEvent> event = co_await events.next();
      if (!event) break;
      all += event->data() + ' ';
    }
    all += "end";
  } catch (const ClientError& error) {
    all += class_of(error);
  }
  co_return all;
}

std::string all_events(const Client& client, EventSourceOptions options) {
  std::string all;
  run([](const Client& http, EventSourceOptions how, std::string& to) -> Async<void> {
    to = co_await all_of(http.get("/").events(how));
  }(client, options, all));
  return all;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: events come as they are sent, however they are cut, and a quiet stream is no error") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send(stream_head + chunk("da"));
    connection.wait_for_close(250ms);
    connection.send(chunk("ta: a\r") + chunk("\n\r\ndata: b\n\ndat"));
    connection.wait_for_close(250ms);
    connection.send(chunk("a: c\n\n") + "0\r\n\r\n");
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url(), .timeout = {.read = 100ms, .total = 200ms}}};
  CHECK(all_events(client, {.reconnect = false}) == "a b c end");
}

TEST_CASE("client: a stream that is quiet for longer than asked is a ReadTimeout, or connected to again") {
  RawServer server([](RawConnection& connection) {
    if (connection.read_request().find("last-event-id: 1\r\n") != std::string::npos) {
      return connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    }
    connection.send(stream_head + chunk("id: 1\ndata: a\n\n"));
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url()}};
  CHECK(all_events(client, {.reconnect = false, .read = 100ms}) == "a ReadTimeout");
  CHECK(all_events(client, {.retry = 1ms, .read = 100ms}) == "a end");
}

TEST_CASE("client: a stream that is cut off goes on where it was, on a new connection") {
  RawServer server([](RawConnection& connection) {
    const std::string request = connection.read_request();
    const std::size_t at = request.find("last-event-id: ");
    if (at == std::string::npos) {
      connection.send(stream_head + chunk("retry: 1\nid: 1\ndata: a\n\n"));
      return connection.close_by_reset();
    }
    if (request[at + 15] == '1') return connection.send(stream_head + chunk("id: 2\ndata: b\n\nid: 3\ndata: lo"));
    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  const Client client{{.base_url = server.url()}};
  CHECK(all_events(client, {}) == "a b end");
  CHECK(server.accepted() == 3);
}

TEST_CASE("client: events that are no longer wanted close the connection") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send(stream_head + chunk("data: a\n\n"));
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url()}};
  run([](const Client& http, const RawServer& peer) -> Async<void> {
    {
      auto events = http.get("/").events();
      const auto first = co_await events.next();
      CHECK(first->data() == "a");
      CHECK(peer.open() == 1);
    }
    CHECK(eventually([&] { return peer.open() == 0; }));
  }(client, server));
}

TEST_SUITE_END();

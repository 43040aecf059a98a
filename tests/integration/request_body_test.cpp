// SPDX-License-Identifier: BSL-1.0
// Request bodies: how they are framed, limited, streamed and left unread.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>

#include "coroute/asyncio/sleep.hpp"
#include "support/sanitizers.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
  return bytes;
}

std::string chunk(std::string_view data, std::string_view extension = {}) {
  char size[20];
  const auto [end, error] = std::to_chars(size, size + sizeof size, data.size(), 16);
  std::string text(size, end);
  return text.append(extension).append("\r\n").append(data).append("\r\n");
}

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::string(body));
}

/// Doesn't look at the body.
Async<Response> ignore(Request&) {
  co_return text("ignored");
}

Async<Response> count_pieces(Request& request) {
  std::size_t total = 0;
  while (true) {
    const std::optional<std::string_view> piece = co_await request.next_chunk();
    if (!piece) break;
    total += piece->size();
  }
  co_return text(std::to_string(total));
}

ServerOptions with_body_limit(std::uint64_t bytes) {
  ServerOptions options;
  options.limits.max_body_bytes = bytes;
  return options;
}

std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("body: a megabyte goes up and comes down") {
    TestServer server(&echo);
    RawClient client = server.connect();
    const std::string body = pattern(1024 * 1024);
    for (int i = 0; i < 3; ++i) {
      const RawResponse response = client.request(post("/", body));
      CHECK(response.status == 200);
      CHECK(response.body == body);
    }
  }

  TEST_CASE("body: with a length is taken at and below the limit, and refused above") {
    TestServer server(&echo, with_body_limit(1000));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{999}, std::size_t{1000}}) {
      const RawResponse response = server.request(post("/", pattern(size)));
      CHECK(response.status == 200);
      CHECK(response.body == pattern(size));
    }
    RawClient client = server.connect();
    const RawResponse refused = client.request(post("/", pattern(1001)));
    CHECK(refused.status == 413);
    CHECK(refused.closes());
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("body: one that is announced too large is refused before any of it is sent") {
    TestServer server(&echo);
    RawClient client = server.connect();
    client.send(post_head("/", 1024 * 1024 + 1));
    const RawResponse refused = client.receive();
    CHECK(refused.status == 413);
    CHECK(refused.closes());
  }

  TEST_CASE("body: a client that goes on sending after the refusal can still read it") {
    TestServer server(&echo);
    RawClient client = server.connect();
    client.send(post_head("/", 8 * 1024 * 1024));
    client.try_send(pattern(8 * 1024 * 1024));
    CHECK(client.receive().status == 413);
  }

  TEST_CASE("body: in chunks is taken at and below the limit, and refused above") {
    TestServer server(&echo, with_body_limit(1000));
    for (const std::size_t first : {std::size_t{999}, std::size_t{500}, std::size_t{1}}) {
      const std::string rest = pattern(1000 - first);
      RawClient client = server.connect();
      const RawResponse response =
          client.request(chunked_head("/") + chunk(pattern(first)) + chunk(rest) + "0\r\n\r\n");
      CHECK(response.status == 200);
      CHECK(response.body == pattern(first) + rest);
      CHECK(client.request(get("/")).status == 200);

      RawClient greedy = server.connect();
      greedy.send(chunked_head("/") + chunk(pattern(first)) + chunk(rest + "x"));
      const RawResponse refused = greedy.receive();
      CHECK(refused.status == 413);
      CHECK(refused.closes());
    }
  }

  TEST_CASE("body: a chunk that is announced too large is refused before it comes") {
    TestServer server(&echo, with_body_limit(1000));
    RawClient client = server.connect();
    client.send(chunked_head("/") + "3e9\r\n");
    CHECK(client.receive().status == 413);
  }

  TEST_CASE("body: a route can raise or lower the limit") {
    auto handler = [](Request& request) -> Async<Response> {
      request.set_max_body_bytes(request.path() == "/large" ? 5000 : 10);
      const std::string_view body = co_await request.body();
      co_return text(std::to_string(body.size()));
    };
    TestServer server(handler, with_body_limit(1000));
    CHECK(server.request(post("/large", pattern(5000))).body == "5000");
    CHECK(server.request(post("/large", pattern(5001))).status == 413);
    CHECK(server.request(post("/small", pattern(10))).body == "10");
    CHECK(server.request(post("/small", pattern(11))).status == 413);
  }

  TEST_CASE("body: chunks may come in pieces of any size") {
    TestServer server(&echo);
    std::string sent = chunked_head("/");
    std::string body;
    for (std::size_t size = 1; size < 40; size += 3) {
      body += pattern(size);
      sent += chunk(pattern(size));
    }
    sent += "0\r\n\r\n";
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      RawClient client = server.connect();
      for (std::size_t at = 0; at < sent.size(); at += step) {
        client.send(std::string_view(sent).substr(at, step));
        if (at % 64 == 0) std::this_thread::sleep_for(1ms);
      }
      const RawResponse response = client.receive();
      CHECK(response.status == 200);
      CHECK(response.body == body);
      CHECK(client.request(get("/")).status == 200);
    }
  }

  TEST_CASE("body: what follows a chunked body is the next request") {
    TestServer server(&echo);
    RawClient client = server.connect();
    client.send(chunked_head("/") + chunk("one") + "0\r\n\r\n" + chunked_head("/") + chunk("two") +
                "0\r\nx-a: b\r\n\r\n" + post("/", "three"));
    for (const char* body : {"one", "two", "three"})
      CHECK(client.receive().body == body);
  }

  TEST_CASE("body: 50 MB stream through a handler at flat memory") {
    static constexpr std::size_t size = 50 * 1024 * 1024;
    std::size_t grown = 0;
    auto handler = [&](Request& request) -> Async<Response> {
      request.set_max_body_bytes(size);
      const std::size_t before = resident_bytes();
      std::size_t total = 0;
      std::size_t pieces = 0;
      while (true) {
        const std::optional<std::string_view> piece = co_await request.next_chunk();
        if (!piece) break;
        total += piece->size();
        if (++pieces % 256 == 0) grown = std::max(grown, std::max(resident_bytes(), before) - before);
      }
      co_return text(std::to_string(total));
    };
    TestServer server(handler);
    RawClient client = server.connect();
    const std::string block = pattern(256 * 1024);
    SUBCASE("with a length") {
      client.send(post_head("/", size));
      for (std::size_t sent = 0; sent < size; sent += block.size())
        client.send(block);
    }
    SUBCASE("in chunks") {
      client.send(chunked_head("/"));
      for (std::size_t sent = 0; sent < size; sent += block.size())
        client.send(chunk(block));
      client.send("0\r\n\r\n");
    }
    CHECK(client.receive().body == std::to_string(size));
    if (!inflates_memory) CHECK(grown < 16 * 1024 * 1024);
    CHECK(client.request(get("/")).body == "0");
  }

  TEST_CASE("body: a handler that reads slowly slows the client down") {
    std::atomic<std::size_t> read{0};
    std::atomic<bool> go{false};
    auto handler = [&](Request& request) -> Async<Response> {
      request.set_max_body_bytes(std::uint64_t{1} << 30);
      while (true) {
        const std::optional<std::string_view> piece = co_await request.next_chunk();
        if (!piece) break;
        read += piece->size();
        while (!go)
          co_await sleep(1ms);
      }
      co_return text("done");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    std::thread sender([&] { client.send(post("/", pattern(64 * 1024 * 1024))); });
    CHECK(eventually([&] { return read > 0; }));
    std::this_thread::sleep_for(100ms);
    CHECK(read < 256 * 1024);
    go = true;
    sender.join();
    CHECK(client.receive().body == "done");
    CHECK(read == 64 * 1024 * 1024);
  }

  TEST_CASE("unread body: a small one is dropped and the connection goes on") {
    TestServer server(&ignore);
    RawClient client = server.connect();
    const std::string body = pattern(64 * 1024);
    for (int i = 0; i < 3; ++i) {
      const RawResponse response = client.request(post("/", body));
      CHECK(response.body == "ignored");
      CHECK_FALSE(response.closes());
    }
    CHECK(client.request(chunked_head("/") + chunk(pattern(60'000)) + "0\r\n\r\n").body == "ignored");
    CHECK(client.request(get("/")).body == "ignored");
  }

  TEST_CASE("unread body: the answer doesn't wait for it") {
    TestServer server(&ignore);
    RawClient client = server.connect();
    client.send(post_head("/", 100));
    CHECK(client.receive().body == "ignored");
    client.send(pattern(100) + get("/"));
    CHECK(client.receive().body == "ignored");
  }

  TEST_CASE("unread body: a large one closes the connection, and the answer arrives") {
    TestServer server(&ignore);
    RawClient client = server.connect();
    client.send(post_head("/", 1024 * 1024));
    client.try_send(pattern(1024 * 1024));
    const RawResponse response = client.receive();
    CHECK(response.body == "ignored");
    CHECK(response.closes());
    CHECK(client.closed_silently());
  }

  TEST_CASE("unread body: max_drained_bytes is the border between dropping and closing") {
    for (const std::size_t size : {std::size_t{99}, std::size_t{100}, std::size_t{101}}) {
      ServerOptions options;
      options.limits.max_drained_bytes = 100;
      TestServer server(&ignore, std::move(options));
      CHECK(server.request(post("/", pattern(size))).closes() == (size > 100));
      CHECK(server.request(post_head("/", size)).closes() == (size > 100));
      RawClient client = server.connect();
      CHECK(client.request(chunked_head("/") + chunk(pattern(size)) + "0\r\n\r\n").closes() == (size > 100));
    }
  }

  TEST_CASE("unread body: of a client that says close doesn't destroy the answer on its way") {
    TestServer server(&ignore);
    const std::string body = pattern(60'000);  // more than is received at once
    for (int i = 0; i < 20; ++i) {
      RawClient client = server.connect();
      if (i % 2 == 0) {
        client.send(post("/", body, "connection: close\r\n"));
      } else {
        client.send(post_head("/", body.size(), "connection: close\r\n"));
        std::this_thread::sleep_for(2ms);
        client.try_send(body);
      }
      const RawResponse response = client.receive();
      CHECK(response.body == "ignored");
      CHECK(response.closes());
      CHECK(client.closed_silently());
      CHECK_FALSE(client.was_reset());
    }
  }

  TEST_CASE("unread body: a broken one closes the connection after the answer") {
    TestServer server(&ignore);
    RawClient client = server.connect();
    client.send(chunked_head("/") + "zz\r\nnonsense");
    const RawResponse response = client.receive();
    CHECK(response.body == "ignored");
    CHECK(response.closes());
    CHECK(client.closed_silently());
  }

  TEST_CASE("expect: 100 Continue is sent when the handler reads") {
    TestServer server(&echo);
    RawClient client = server.connect();
    for (int i = 0; i < 2; ++i) {
      client.send(post_head("/", 4, "expect: 100-continue\r\n"));
      CHECK(client.receive().status == 100);
      client.send("body");
      const RawResponse response = client.receive();
      CHECK(response.status == 200);
      CHECK(response.body == "body");
    }
  }

  TEST_CASE("expect: a body in pieces gets 100 Continue once") {
    TestServer server(&count_pieces);
    RawClient client = server.connect();
    client.send(chunked_head("/", "expect: 100-continue\r\n"));
    CHECK(client.receive().status == 100);
    for (int i = 0; i < 3; ++i) {
      client.send(chunk("12345"));
      CHECK_FALSE(client.something_arrives(10ms));
    }
    client.send("0\r\n\r\n");
    CHECK(client.receive().body == "15");
  }

  TEST_CASE("expect: a body that is on its way needs no 100 Continue") {
    TestServer server(&echo);
    CHECK(server.request(post("/", "body", "expect: 100-continue\r\n")).body == "body");
  }

  TEST_CASE("expect: a handler that doesn't read answers without 100 Continue, and closes") {
    TestServer server(&ignore);
    RawClient client = server.connect();
    const RawResponse response = client.request(post_head("/", 4, "expect: 100-continue\r\n"));
    CHECK(response.status == 200);
    CHECK(response.closes());
    CHECK(client.closed_silently());
  }

  TEST_CASE("expect: a body over the limit is refused instead of asked for") {
    TestServer server(&echo, with_body_limit(3));
    RawClient client = server.connect();
    const RawResponse response = client.request(post_head("/", 4, "expect: 100-continue\r\n"));
    CHECK(response.status == 413);
    CHECK(response.closes());
  }

  TEST_CASE("expect: anything but 100-continue is refused") {
    TestServer server(&echo);
    CHECK(server.request(post("/", "body", "expect: 200-ok\r\n")).status == 417);
  }

  TEST_CASE("expect: an HTTP/1.0 client gets no 100 Continue") {
    TestServer server(&echo);
    RawClient client = server.connect();
    client.send("POST / HTTP/1.0\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n");
    CHECK_FALSE(client.something_arrives(30ms));
    client.send("body");
    CHECK(client.receive().body == "body");
  }
}

// SPDX-License-Identifier: BSL-1.0
// Answers whose body comes piece by piece, over real connections.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/params/server_sent_event.hpp"
#include "support/peak_memory.hpp"
#include "support/sanitizers.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view old_get = "GET / HTTP/1.0\r\n\r\n";

/// What became of a generator, told to the test's thread.
struct Fate {
  std::atomic<int> given{0};
  std::atomic<int> disconnected{0};
  std::atomic<int> shut_down{0};
  std::atomic<int> closed{0};
  std::atomic<int> ended{0};  // in whatever way

  struct End {
    explicit End(Fate& fate) noexcept : fate(fate) {}
    ~End() { ++fate.ended; }
    End(const End&) = delete;
    End& operator=(const End&) = delete;
    Fate& fate;
  };
};

/// Gives `piece` for ever, with `pause` in between.
AsyncGenerator<std::string> repeat(Fate& fate, std::string piece, Clock::duration pause) {
  const Fate::End end(fate);
  try {
    while (true) {
      ++fate.given;
      co_yield piece;
      if (pause > 0ms) co_await sleep(pause);
    }
  } catch (const Cancelled& cancelled) {
    ++(cancelled.reason() == CancelReason::Disconnect ? fate.disconnected : fate.shut_down);
    throw;
  } catch (const GeneratorExit&) {
    ++fate.closed;
    throw;
  }
}

AsyncGenerator<std::string> pieces_of(std::vector<std::string> pieces, Clock::duration pause = 0ms) {
  for (std::string& piece : pieces) {
    if (pause > 0ms) co_await sleep(pause);
    co_yield std::move(piece);
  }
}

AsyncGenerator<std::string> break_after(std::string piece) {
  co_yield std::move(piece);
  co_await sleep(1ms);
  throw std::runtime_error("broken in the middle");
}

AsyncGenerator<std::string> megabytes(int count) {
  for (int i = 0; i < count; ++i)
    co_yield std::string(1024 * 1024, static_cast<char>('a' + i % 26));
}

Handler answering(std::vector<std::string> pieces, Clock::duration pause = 0ms,
                  std::optional<std::uint64_t> length = std::nullopt) {
  return [=](Request&) { return Async<Response>::ready(stream(pieces_of(pieces, pause), {}, Status::Ok, length)); };
}

Handler repeating(Fate& fate, std::string piece, Clock::duration pause) {
  return [&fate, piece, pause](Request&) { return Async<Response>::ready(stream(repeat(fate, piece, pause))); };
}

/// The records of the access log, for the test's thread.
struct Records {
  std::mutex mutex;
  std::vector<AccessRecord> all;

  ServerOptions options() {
    ServerOptions options;
    options.on_access = [this](const AccessRecord& record) {
      const std::lock_guard lock(mutex);
      all.push_back(record);
    };
    return options;
  }
  AccessRecord wait_for_one() {
    const bool is_there = eventually([&] {
      const std::lock_guard lock(mutex);
      return !all.empty();
    });
    REQUIRE(is_there);
    return all.front();
  }
};

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("streamed responses: pieces are sent in chunks, in order, without those that are empty") {
    TestServer server(answering({"first", "", "second", std::string(40'000, 'x')}));
    const RawResponse response = server.request(get("/"));
    CHECK(response.status == 200);
    CHECK(response.header("transfer-encoding") == "chunked");
    CHECK_FALSE(response.header("content-length").has_value());
    CHECK(response.complete);
    CHECK(response.body == "firstsecond" + std::string(40'000, 'x'));
  }

  TEST_CASE("streamed responses: the bytes are those of RFC 9112 section 7.1") {
    TestServer server(answering({"Wiki", "pedia in \r\n"}));
    RawClient client = server.connect();
    client.send(get("/", "connection: close\r\n"));
    const std::string all = client.receive_all();
    CHECK(all.substr(all.find("\r\n\r\n") + 4) == "4\r\nWiki\r\nb\r\npedia in \r\n\r\n0\r\n\r\n");
  }

  TEST_CASE("streamed responses: sizes around those that are copied arrive whole") {
    constexpr std::size_t copied = 16 * 1024;
    for (const std::size_t size : {copied - 1, copied, copied + 1, 20 * copied}) {
      CAPTURE(size);
      const std::string piece(size, 'p');
      TestServer chunked(answering({piece, piece, "end"}));
      CHECK(chunked.request(get("/")).body == piece + piece + "end");
      TestServer known(answering({piece, piece, "end"}, 0ms, 2 * size + 3));
      const RawResponse response = known.request(get("/"));
      CHECK(response.header("content-length") == std::to_string(2 * size + 3));
      CHECK(response.body == piece + piece + "end");
    }
  }

  TEST_CASE("streamed responses: the head and each piece leave while the generator waits for the next") {
    Event more;
    auto handler = [&](Request&) -> Async<Response> {
      co_return stream([](Event& more) -> AsyncGenerator<std::string> {
        co_yield std::string("now");
        co_await more.wait();
        co_yield std::string("later");
      }(more));
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/", "connection: close\r\n"));
    std::string all;
    while (all.find("3\r\nnow\r\n") == std::string::npos)
      all += client.receive_some();
    CHECK(all.find("later") == std::string::npos);
    more.set();
    CHECK(client.receive_all() == "5\r\nlater\r\n0\r\n\r\n");
  }

  TEST_CASE("streamed responses: a connection is kept, and pipelined answers come in order") {
    TestServer server([](Request& request) -> Async<Response> {
      if (request.path() == "/plain") co_return text("plain");
      co_return stream(pieces_of({"str", "eam"}, request.path() == "/slow" ? 5ms : 0ms));
    });
    RawClient client = server.connect();
    client.send(get("/") + get("/plain") + get("/slow") + get("/") + get("/plain"));
    for (const char* const expected : {"stream", "plain", "stream", "stream", "plain"}) {
      const RawResponse response = client.receive();
      CHECK(response.body == expected);
      CHECK_FALSE(response.closes());
    }
    CHECK(client.request(get("/")).body == "stream");
  }

  TEST_CASE("streamed responses: HEAD gets the head alone, and the generator isn't begun") {
    Fate fate;
    TestServer server(repeating(fate, "x", 1ms));
    RawClient client = server.connect();
    client.send("HEAD / HTTP/1.1\r\nhost: test\r\n\r\n");
    const RawResponse response = client.receive(true);
    CHECK(response.status == 200);
    CHECK(response.header("transfer-encoding") == "chunked");
    client.send("HEAD / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    CHECK(client.receive(true).status == 200);
    CHECK(client.closed_silently());
    CHECK(fate.given == 0);
  }

  TEST_CASE("streamed responses: for HTTP/1.0 the end of the connection is the end of the body") {
    TestServer server(answering({"a", "b"}, 1ms));
    const RawResponse response = server.request("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    CHECK_FALSE(response.header("transfer-encoding").has_value());
    CHECK(response.closes());
    CHECK(response.body == "ab");
    TestServer known(answering({"a", "b"}, 1ms, 2));
    RawClient client = known.connect();
    CHECK(client.request("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n").header("connection") == "keep-alive");
    CHECK(client.request(old_get).body == "ab");
  }

  TEST_CASE("streamed responses: an error in the middle ends the connection before the body, and is reported once") {
    std::atomic<int> reported{0};
    std::string what;
    std::string function;
    ServerOptions options;
    options.on_handler_error = [&](const HandlerError& failure) {
      what = describe_exception(failure.error);
      if (!failure.stack.empty()) function = failure.stack.front().function;
      ++reported;
    };
    TestServer server([](Request&) { return Async<Response>::ready(stream(break_after("part"))); }, std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    const std::string all = client.receive_all();
    CHECK(all.ends_with("4\r\npart\r\n"));
    RawClient old = server.connect();
    old.send(old_get);
    old.receive_all();
    CHECK(old.was_reset());  // an orderly end would mean that the body is complete
    CHECK(eventually([&] { return reported == 2; }));
    CHECK(what.find("broken in the middle") != std::string::npos);
    CHECK(function.find("break_after") != std::string::npos);
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(reported == 2);
  }

  TEST_CASE("streamed responses: more or less than the announced length ends the connection, and is reported") {
    std::atomic<int> reported{0};
    ServerOptions options;
    options.on_handler_error = [&](const HandlerError&) { ++reported; };
    std::uint64_t length = 0;
    std::string sent;
    SUBCASE("longer") {
      length = 5;
      sent = "abc";
    }
    SUBCASE("shorter") {
      length = 7;
      sent = "abcdef";
    }
    TestServer server(answering({"abc", "def"}, 0ms, length), std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    const RawResponse response = client.receive();
    CHECK_FALSE(response.complete);
    CHECK(response.body == sent);
    CHECK(eventually([&] { return reported == 1; }));
  }

  TEST_CASE("streamed responses: a client that leaves cancels the generator with reason disconnect") {
    Fate fate;
    Records records;
    TestServer server(repeating(fate, "tick", 1h), records.options());
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.given == 1; }));
    SUBCASE("closes") {
      client.close();
    }
    SUBCASE("resets") {
      client.reset();
    }
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.disconnected == 1);
    CHECK(fate.ended == 1);
    const AccessRecord record = records.wait_for_one();
    CHECK(record.client_left);
    CHECK(record.body_bytes == 4);
  }

  TEST_CASE("streamed responses: a generator that isn't to be cancelled is closed at its next piece") {
    Fate fate;
    TestServer server([&](Request& request) {
      request.set_cancel_on_disconnect(false);
      return Async<Response>::ready(stream(repeat(fate, std::string(100'000, 'x'), 5ms)));
    });
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.given > 2; }));
    client.reset();
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.disconnected == 0);
    CHECK(fate.closed == 1);
  }

  TEST_CASE(
      "streamed responses: a client that doesn't read stops the generator, and after the write time-out ends it") {
    Fate fate;
    ServerOptions options;
    options.timeouts.write = 300ms;
    TestServer server(repeating(fate, std::string(64 * 1024, 'x'), 0ms), std::move(options));
    const PeakMemory memory;
    RawClient client = server.connect({.receive_buffer = 4096});
    client.send(get("/"));
    CHECK(eventually([&] { return fate.given > 1; }));
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.closed == 1);
    CHECK(fate.given < 200);  // what the kernel takes, and no more
    if (!inflates_memory) CHECK(memory.growth_kib() < 8 * 1024);
  }

  TEST_CASE("streamed responses: a slow client gets all of it") {
    TestServer server([](Request&) { return Async<Response>::ready(stream(megabytes(3))); });
    RawClient client = server.connect({.receive_buffer = 4096, .pause_between_receives = 1ms});
    const RawResponse response = client.request(get("/"));
    CHECK(response.complete);
    CHECK(response.body.size() == 3 * 1024 * 1024);
    CHECK(response.body.back() == 'c');
  }

  TEST_CASE("streamed responses: a generator that never waits leaves others on its loop their turn") {
    Fate fate;
    TestServer server([&](Request& request) {
      const bool is_plain = request.path() == "/plain";
      return Async<Response>::ready(is_plain ? text("plain") : stream(repeat(fate, std::string(1000, 'x'), 0ms)));
    });
    RawClient greedy = server.connect();
    greedy.send(get("/"));
    std::atomic<bool> stop{false};
    std::thread reader([&] {
      while (!stop)
        greedy.receive_some();
    });
    CHECK(eventually([&] { return fate.given > 1000; }));
    CHECK(server.request(get("/plain")).body == "plain");
    stop = true;
    reader.join();
  }

  TEST_CASE("streamed responses: a body that the generator reads while it gives pieces arrives whole") {
    TestServer server([](Request& request) -> Async<Response> {
      co_return stream([](Request& request) -> AsyncGenerator<std::string> {
        while (const std::optional<std::string_view> piece = co_await request.next_chunk())
          co_yield std::string(*piece);
      }(request));
    });
    RawClient client = server.connect();
    client.send(chunked_head("/") + "3\r\nabc\r\n");
    std::string all;
    while (all.find("abc") == std::string::npos)
      all += client.receive_some();
    client.send("3\r\ndef\r\n0\r\n\r\n");
    while (!all.ends_with("0\r\n\r\n"))
      all += client.receive_some();
    CHECK(all.ends_with("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"));
    CHECK(client.request(post("/", "again")).body == "again");
  }

  TEST_CASE("streamed responses: a body that is left unread is drained after the last piece") {
    TestServer server(answering({"answer"}, 1ms));
    RawClient client = server.connect();
    client.send(post_head("/", 10) + "12345");
    CHECK(client.receive().body == "answer");
    client.send("67890" + get("/"));
    CHECK(client.receive().body == "answer");
  }

  TEST_CASE("streamed responses: no 100 Continue is sent into a body that has begun") {
    TestServer server([](Request& request) -> Async<Response> {
      co_return stream([](Request& request) -> AsyncGenerator<std::string> {
        co_yield std::string("begun;");
        co_yield std::to_string((co_await request.body()).size());
      }(request));
    });
    RawClient client = server.connect();
    client.send(post_head("/", 4, "expect: 100-continue\r\n"));
    std::string all;
    while (all.find("begun;") == std::string::npos)
      all += client.receive_some();
    client.send("body");
    all += client.receive_all();
    CHECK(all.starts_with("HTTP/1.1 200"));
    CHECK(all.find("100 Continue") == std::string::npos);
    CHECK(all.ends_with("6\r\nbegun;\r\n1\r\n4\r\n0\r\n\r\n"));
    CHECK(all.find("connection: close") != std::string::npos);
  }

  TEST_CASE("streamed responses: the access record has the bytes and the time of the whole body") {
    Records records;
    TestServer server(answering({"abc", "def"}, 20ms), records.options());
    CHECK(server.request(get("/")).body == "abcdef");
    const AccessRecord record = records.wait_for_one();
    CHECK(record.status.code() == 200);
    CHECK(record.body_bytes == 6);
    CHECK(record.duration >= 39ms);
    CHECK_FALSE(record.client_left);
  }

  TEST_CASE("streamed responses: tasks of the handler and work after the response last beyond the body") {
    std::mutex mutex;
    std::string log;
    const auto note = [&](const char* what) {
      const std::lock_guard lock(mutex);
      log += what;
    };
    std::atomic<bool> done{false};
    auto work = [&]() -> Async<> {
      note("work;");
      done = true;
      co_return;
    };
    auto child = [&]() -> Async<> {
      co_await sleep(5ms);
      note("child;");
    };
    auto body = [&]() -> AsyncGenerator<std::string> {
      co_await sleep(20ms);
      note("piece;");
      co_yield std::string("x");
    };
    TestServer server([&](Request& request) -> Async<Response> {
      request.add_after_response(work());
      create_task(child());
      co_return stream(body());
    });
    CHECK(server.request(get("/")).body == "x");
    CHECK(eventually([&] { return done.load(); }));
    CHECK(log == "child;piece;work;");
  }

  TEST_CASE("streamed responses: a body that ends with the connection is whole, or the connection is reset") {
    // As many pieces as a client that reads nothing lets through, and then one that doesn't fit.
    constexpr std::size_t piece_size = 16 * 1024 + 1;
    constexpr std::size_t last_size = 16 * 1024 - 1;
    std::atomic<int> given{0};
    std::atomic<int> limit{1 << 20};
    auto body = [&]() -> AsyncGenerator<std::string> {
      for (given = 0; given < limit; ++given)
        co_yield std::string(piece_size, 'x');
      co_yield std::string(last_size, 'x');
    };
    ServerOptions options;
    options.timeouts.write = 100ms;
    TestServer server([&](Request&) { return Async<Response>::ready(stream(body())); }, std::move(options));
    int broken = 0;
    for (int i = 0; i < 4; ++i) {
      RawClient client = server.connect({.receive_buffer = 4096});
      client.send("GET / HTTP/1.0\r\n\r\n");
      CHECK(eventually([&] { return server->connections() == 1; }));
      CHECK(eventually([&] { return server->connections() == 0; }));
      if (limit == 1 << 20) {
        limit = given.load();
        continue;
      }
      const std::size_t size = client.receive().body.size();
      const bool is_whole = size == static_cast<std::size_t>(limit) * piece_size + last_size;
      const bool says_so = is_whole || client.was_reset();
      CHECK(says_so);
      if (!is_whole) ++broken;
    }
    MESSAGE(broken, " of 3 broken");
  }

  TEST_CASE("streamed responses: while the server drains a body goes on to its end, and the connection is closed") {
    Event end;
    auto body = [&]() -> AsyncGenerator<std::string> {
      co_yield std::string("a");
      co_await end.wait();
      co_yield std::string("b");
    };
    TestServer server([&](Request&) { return Async<Response>::ready(stream(body())); });
    RawClient client = server.connect();
    client.send(get("/"));
    std::string all;
    while (!all.ends_with("a\r\n"))
      all += client.receive_some();
    server->shut_down();
    std::this_thread::sleep_for(50ms);
    end.set();
    CHECK(client.receive_all() == "1\r\nb\r\n0\r\n\r\n");
    server->join();
  }

  TEST_CASE("streamed responses: at the end of the drain the generator is cancelled, and the body breaks off") {
    Fate fate;
    ServerOptions options;
    options.timeouts.drain = 200ms;
    TestServer server(repeating(fate, "tick", 10ms), std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.given > 1; }));
    server->shut_down();
    server->join();
    CHECK(fate.shut_down + fate.closed == 1);
    CHECK(fate.ended == 1);
    CHECK_FALSE(client.receive_all().ends_with("0\r\n\r\n"));
  }

  TEST_CASE("streamed responses: an event stream ends well soon after the server has begun to drain") {
    Fate fate;
    auto events = [](Fate& fate) -> AsyncGenerator<ServerSentEvent> {
      const Fate::End end(fate);
      ++fate.given;
      co_yield 1;
      co_await sleep(1h);
    };
    TestServer server([&](Request&) { return Async<Response>::ready(event_stream(events(fate))); });
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.given == 1; }));
    server->shut_down();
    server->join();
    CHECK(fate.ended == 1);
    CHECK(client.receive_all().ends_with("data: 1\n\n\r\n0\r\n\r\n"));
  }

  TEST_CASE("streamed responses: 200 MB pass at flat memory") {
    if (inflates_memory) return;
    TestServer server([](Request&) { return Async<Response>::ready(stream(megabytes(200))); });
    RawClient client = server.connect();
    const PeakMemory memory;
    client.send(get("/", "connection: close\r\n"));
    std::size_t received = 0;
    while (true) {
      const std::string some = client.receive_some();
      if (some.empty()) break;
      received += some.size();
    }
    CHECK(received > 200 * 1024 * 1024);
    CHECK(memory.growth_kib() < 8 * 1024);
  }
}

// SPDX-License-Identifier: BSL-1.0
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/detail/read_buffer.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/stream_reader.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

StreamReader reader_of(std::initializer_list<std::string_view> chunks,
                       std::size_t limit = StreamReader::default_limit) {
  StreamReader reader(limit);
  for (const std::string_view chunk : chunks)
    reader.feed_data(chunk);
  return reader;
}

/// Says what a source is told.
struct RecordingSource : detail::ReadSource {
  void resume_reading() noexcept override { ++resumed; }
  int resumed = 0;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("stream_reader: a second task that would have to wait is refused, the first goes on") {
  StreamReader reader;
  Task<std::string> first = create_task(reader.readline());
  co_await sleep(0s);
  std::string outcome = co_await outcome_of(reader.read(1));
  CHECK(outcome ==
        "RuntimeError: StreamReader.read() called while another coroutine is already waiting for incoming data");
  outcome = co_await outcome_of(reader.readexactly(1));
  CHECK(outcome.find("RuntimeError: StreamReader.readexactly()") == 0);
  reader.feed_data("line\n");
  const std::string line = co_await first;
  CHECK(line == "line\n");
}

ASYNC_TEST_CASE("stream_reader: a cancelled read loses nothing and another may follow") {
  StreamReader reader = reader_of({"half a "});
  Task<std::string> line = create_task(outcome_of(reader.readline()));
  Task<std::string> exactly = create_task(outcome_of(timeout(1s, reader.readexactly(100))));
  co_await sleep(0s);
  line.cancel();
  const std::string outcome = co_await line;
  CHECK(outcome == "Cancelled(user)");
  const std::string refused = co_await exactly;
  CHECK(refused.find("RuntimeError") == 0);
  reader.feed_data("line\n");
  const std::string text = co_await reader.readline();
  CHECK(text == "half a line\n");
}

ASYNC_TEST_CASE("stream_reader: a cancelled read to the end leaves what has come") {
  StreamReader reader(2);
  Task<std::string> task = create_task(outcome_of(timeout(1s, reader.read())));
  co_await sleep(0s);
  reader.feed_data("much more than the limit");
  const std::string outcome = co_await task;
  CHECK(outcome == "TimeoutError");
  reader.feed_eof();
  const std::string text = co_await reader.read();
  CHECK(text == "much more than the limit");
}

ASYNC_TEST_CASE("stream_reader: data goes before a cancellation of the same step, which comes at the next await") {
  StreamReader reader;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await reader.read(10));
    log.push_back(co_await outcome_of(reader.read(10)));
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  reader.feed_data("data");
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"data", "Cancelled(user)"});
}

ASYNC_TEST_CASE("stream_reader: a read cancelled before it waits takes nothing") {
  StreamReader reader;
  auto body = [&]() -> Async<std::string> {
    current_task()->cancel();
    std::string outcome = co_await outcome_of(reader.read(1));
    co_return outcome;
  };
  Task<std::string> task = create_task(body());
  const std::string outcome = co_await task;
  CHECK(outcome == "Cancelled(user)");
  reader.feed_data("x");
  const std::string text = co_await reader.read(1);
  CHECK(text == "x");
}

ASYNC_TEST_CASE("stream_reader: a reader may be moved, and die, while it is read from") {
  StreamReader reader;
  Task<std::string> task = create_task(reader.readline());
  co_await sleep(0s);
  {
    StreamReader moved = std::move(reader);
    moved.feed_data("line\n");
  }
  const std::string line = co_await task;
  CHECK(line == "line\n");
}

ASYNC_TEST_CASE("stream_reader: reads that never wait let others run (fairness)") {
  StreamReader reader = reader_of({std::string(1000, 'x')});
  bool other_ran = false;
  Task<void> other = create_task([](bool& ran) -> Async<void> {
    ran = true;
    co_return;
  }(other_ran));
  int reads = 0;
  while (!other_ran) {
    co_await reader.read(1);
    ++reads;
  }
  CHECK(reads > 1);
  CHECK(reads < 1000);
  co_await other;
}

ASYNC_TEST_CASE("stream_reader: small reads of much data give all of it") {
  std::string all;
  for (int i = 0; all.size() < 100'000; ++i)
    all += std::to_string(i);
  StreamReader reader;
  std::string got;
  for (std::size_t fed = 0; fed < all.size(); fed += 10'000) {
    reader.feed_data(std::string_view(all).substr(fed, 10'000));
    for (int i = 0; i < 3; ++i)
      got += co_await reader.read(1234);
  }
  reader.feed_eof();
  got += co_await reader.read();
  CHECK(got == all);
}

TEST_CASE(
    "stream_reader: the source stops at more than twice the limit, and goes on at the limit (test_pause_reading)") {
  detail::ReadBuffer buffer(10);
  RecordingSource source;
  buffer.set_source(&source);
  buffer.feed(std::string(20, 'x'));
  CHECK(buffer.wants_more());
  buffer.feed("x");
  CHECK_FALSE(buffer.wants_more());
  buffer.take(10);
  CHECK(buffer.size() == 11);
  CHECK(source.resumed == 0);
  buffer.drop(1);
  CHECK(source.resumed == 1);
  buffer.feed_eof();
  CHECK_FALSE(buffer.wants_more());
}

ASYNC_TEST_CASE("stream_reader: the source goes on as long as somebody waits for more than twice the limit") {
  detail::ReadBuffer buffer(10);
  RecordingSource source;
  buffer.set_source(&source);
  auto body = [&]() -> Async<void> { co_await buffer.wait(100, "test"); };
  Task<void> task = create_task(body());
  buffer.feed(std::string(50, 'x'));
  CHECK_FALSE(buffer.wants_more());
  co_await sleep(0s);
  CHECK(source.resumed == 1);
  CHECK(buffer.wants_more());
  buffer.feed(std::string(50, 'x'));
  CHECK_FALSE(buffer.wants_more());
  co_await task;
  CHECK(buffer.size() == 100);
}

TEST_SUITE_END();

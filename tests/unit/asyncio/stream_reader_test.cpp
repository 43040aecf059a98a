// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/stream_reader.hpp"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

const std::string data = "line1\nline2\nline3\n";

/// A read's text, or the class, the text and the figures of what it threw.
Async<std::string> result_of(Async<std::string> read) {
  std::string result;
  try {
    result = co_await std::move(read);
  } catch (const IncompleteReadError& error) {
    result = "IncompleteReadError(" + error.partial() + ", " +
             (error.expected() ? std::to_string(*error.expected()) : "undefined") + ")";
  } catch (const LimitOverrunError& error) {
    result = std::string("LimitOverrunError(") + error.what() + ", " + std::to_string(error.consumed()) + ")";
  } catch (const std::invalid_argument& error) {
    result = std::string("invalid_argument: ") + error.what();
  }
  co_return result;
}

StreamReader reader_of(std::initializer_list<std::string_view> chunks,
                       std::size_t limit = StreamReader::default_limit) {
  StreamReader reader(limit);
  for (const std::string_view chunk : chunks)
    reader.feed_data(chunk);
  return reader;
}

/// Feeds the chunks in the next step, when whoever reads already waits.
void feed_soon(StreamReader& reader, std::vector<std::string> chunks, bool eof = false) {
  EventLoop::current().call_soon([&reader, chunks = std::move(chunks), eof] {
    for (const std::string& chunk : chunks)
      reader.feed_data(chunk);
    if (eof) reader.feed_eof();
  });
}

std::exception_ptr an_error(const char* text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

constexpr const char* too_far = "invalid_argument: Separator is found, but chunk is longer than limit";
constexpr const char* not_found = "invalid_argument: Separator is not found, and chunk exceed the limit";

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("stream_reader: what is fed is kept (test_feed_empty_data, test_feed_nonempty_data)") {
  StreamReader reader;
  reader.feed_data("");
  CHECK(reader.buffered().empty());
  reader.feed_data(data);
  CHECK(reader.buffered() == data);
}

TEST_CASE("stream_reader: a limit of 0 is refused (test_invalid_limit)") {
  CHECK_THROWS_WITH_AS(StreamReader(0), doctest::Contains("limit"), std::invalid_argument);
  CHECK(StreamReader(1).limit() == 1);
  CHECK(StreamReader().limit() == 65'536);
}

ASYNC_TEST_CASE("stream_reader: reading no bytes takes nothing (test_read_zero)") {
  StreamReader reader = reader_of({data});
  const std::string text = co_await reader.read(0);
  CHECK(text.empty());
  CHECK(reader.buffered() == data);
}

ASYNC_TEST_CASE("stream_reader: read waits for data and gives what there is (test_read)") {
  StreamReader reader;
  Task<std::string> task = create_task(reader.read(30));
  co_await sleep(1s);
  CHECK_FALSE(task.done());
  CHECK(std::string(task.state().waiting()->describe()) == "StreamReader.read");
  reader.feed_data(data);
  const std::string text = co_await task;
  CHECK(text == data);
  CHECK(reader.buffered().empty());
}

ASYNC_TEST_CASE("stream_reader: read gives at most what was asked for, across what was fed (test_read_line_breaks)") {
  StreamReader reader = reader_of({"line1", "line2"});
  const std::string text = co_await reader.read(5);
  CHECK(text == "line1");
  CHECK(reader.buffered() == "line2");
  const std::string more = co_await reader.read(3);
  CHECK(more == "lin");
  const std::string rest = co_await reader.read(30);
  CHECK(rest == "e2");
}

ASYNC_TEST_CASE("stream_reader: read gives nothing at the end of the stream (test_read_eof)") {
  StreamReader reader;
  feed_soon(reader, {}, true);
  const std::string text = co_await reader.read(1024);
  CHECK(text.empty());
  const std::string again = co_await reader.read(1024);
  CHECK(again.empty());
}

ASYNC_TEST_CASE("stream_reader: read without a count goes on to the end of the stream (test_read_until_eof)") {
  StreamReader reader;
  feed_soon(reader, {"chunk1\n", "chunk2"}, true);
  const std::string text = co_await reader.read();
  CHECK(text == "chunk1\nchunk2");
  CHECK(reader.at_eof());
  const std::string again = co_await reader.read();
  CHECK(again.empty());
}

ASYNC_TEST_CASE("stream_reader: an error is thrown by every read from then on (test_read_exception)") {
  StreamReader reader = reader_of({"line\n"});
  const std::string text = co_await reader.read(2);
  CHECK(text == "li");
  reader.set_exception(an_error("broken"));
  for (int i = 0; i < 2; ++i) {
    const std::string outcome = co_await outcome_of(reader.read(2));
    CHECK(outcome == "error: broken");
  }
  std::string outcome = co_await outcome_of(reader.read());
  CHECK(outcome == "error: broken");
  outcome = co_await outcome_of(reader.readuntil("x"));
  CHECK(outcome == "error: broken");
  outcome = co_await outcome_of(reader.next_line());
  CHECK(outcome == "error: broken");
}

ASYNC_TEST_CASE("stream_reader: the limit doesn't bound read (test_read_limit)") {
  StreamReader reader = reader_of({"chunk"}, 3);
  const std::string text = co_await reader.read(5);
  CHECK(text == "chunk");
  CHECK(reader.buffered().empty());
}

ASYNC_TEST_CASE("stream_reader: readline waits for the end of the line (test_readline)") {
  StreamReader reader = reader_of({"chunk1 "});
  feed_soon(reader, {"chunk2 ", "chunk3 ", "\n chunk4"});
  const std::string line = co_await reader.readline();
  CHECK(line == "chunk1 chunk2 chunk3 \n");
  CHECK(reader.buffered() == " chunk4");
}

ASYNC_TEST_CASE("stream_reader: a line too long that is there is dropped (test_readline_limit_with_existing_data)") {
  StreamReader reader = reader_of({"li", "ne1\nline2\n"}, 3);
  std::string result = co_await result_of(reader.readline());
  CHECK(result == too_far);
  CHECK(reader.buffered() == "line2\n");

  StreamReader unfinished = reader_of({"li", "ne1", "li"}, 3);
  result = co_await result_of(unfinished.readline());
  CHECK(result == not_found);
  CHECK(unfinished.buffered().empty());
}

ASYNC_TEST_CASE("stream_reader: at_eof is true once all was read (test_at_eof)") {
  StreamReader reader;
  CHECK_FALSE(reader.at_eof());
  reader.feed_data("some data\n");
  CHECK_FALSE(reader.at_eof());
  co_await reader.readline();
  CHECK_FALSE(reader.at_eof());
  reader.feed_data("some data\n");
  reader.feed_eof();
  CHECK_FALSE(reader.at_eof());
  co_await reader.readline();
  CHECK(reader.at_eof());
}

ASYNC_TEST_CASE("stream_reader: a line that grows too long while it is waited for is dropped (test_readline_limit)") {
  StreamReader one(7);
  feed_soon(one, {"chunk1", "chunk2", "chunk3\n"}, true);
  std::string result = co_await result_of(one.readline());
  CHECK(result == too_far);
  CHECK(one.buffered().empty());

  StreamReader two(7);
  feed_soon(two, {"chunk1", "chunk2\n", "chunk3\n"}, true);
  result = co_await result_of(two.readline());
  CHECK(result == too_far);
  CHECK(two.buffered() == "chunk3\n");
}

ASYNC_TEST_CASE("stream_reader: readline allows as many bytes as the limit, and no more (test_readline_limit)") {
  StreamReader reader = reader_of({"1234567\n"}, 7);
  std::string result = co_await result_of(reader.readline());
  CHECK(result == "1234567\n");
  reader.feed_data("12345678\n");
  result = co_await result_of(reader.readline());
  CHECK(result == too_far);
  CHECK(reader.buffered().empty());
  reader.feed_data("12345678");
  result = co_await result_of(reader.readline());
  CHECK(result == not_found);
  CHECK(reader.buffered().empty());
  reader.feed_data("1234567");
  reader.feed_eof();
  result = co_await result_of(reader.readline());
  CHECK(result == "1234567");
}

ASYNC_TEST_CASE("stream_reader: readline doesn't wait for what is there (test_readline_nolimit_nowait)") {
  StreamReader reader = reader_of({data.substr(0, 6), data.substr(6)});
  const std::string line = co_await reader.readline();
  CHECK(line == "line1\n");
  CHECK(reader.buffered() == "line2\nline3\n");
}

ASYNC_TEST_CASE("stream_reader: the last line may lack its end (test_readline_eof, test_readline_empty_eof)") {
  StreamReader reader = reader_of({"some data"});
  reader.feed_eof();
  std::string line = co_await reader.readline();
  CHECK(line == "some data");
  line = co_await reader.readline();
  CHECK(line.empty());
  StreamReader empty;
  empty.feed_eof();
  line = co_await empty.readline();
  CHECK(line.empty());
}

ASYNC_TEST_CASE("stream_reader: lines and counted reads mix (test_readline_read_byte_count)") {
  StreamReader reader = reader_of({data});
  co_await reader.readline();
  const std::string text = co_await reader.read(7);
  CHECK(text == "line2\nl");
  CHECK(reader.buffered() == "ine3\n");
}

ASYNC_TEST_CASE("stream_reader: readline throws the error of the stream (test_readline_exception)") {
  StreamReader reader = reader_of({"line\n"});
  const std::string line = co_await reader.readline();
  CHECK(line == "line\n");
  reader.set_exception(an_error("broken"));
  const std::string outcome = co_await outcome_of(reader.readline());
  CHECK(outcome == "error: broken");
  CHECK(reader.buffered().empty());
}

ASYNC_TEST_CASE(
    "stream_reader: an empty separator is refused (test_readuntil_separator, test_readuntil_invalid_separator)") {
  StreamReader reader = reader_of({data});
  std::string result = co_await result_of(reader.readuntil(""));
  CHECK(result == "invalid_argument: Separator should be at least one-byte string");
  std::vector<std::string> some{"x", ""};
  result = co_await result_of(reader.readuntil(some));
  CHECK(result == "invalid_argument: Separator should be at least one-byte string");
  std::vector<std::string> none;
  result = co_await result_of(reader.readuntil(none));
  CHECK(result == "invalid_argument: Separator should contain at least one element");
  CHECK(reader.buffered() == data);
}

ASYNC_TEST_CASE("stream_reader: readuntil gives all up to the separator (test_readuntil_multi_chunks)") {
  StreamReader reader = reader_of({"lineAAA"});
  std::string text = co_await reader.readuntil("AAA");
  CHECK(text == "lineAAA");
  CHECK(reader.buffered().empty());
  reader.feed_data("lineAAAxxx");
  text = co_await reader.readuntil("AAA");
  CHECK(text == "lineAAA");
  CHECK(reader.buffered() == "xxx");
  reader.feed_data("\nnext");
  text = co_await reader.readuntil();
  CHECK(text == "xxx\n");
}

ASYNC_TEST_CASE("stream_reader: a separator may come in pieces (test_readuntil_multi_chunks_1)") {
  const std::vector<std::vector<std::string>> feeds{
      {"QWEaa", "XYaa", "a"}, {"QWEaa", "XYa", "aa"}, {"aaa"}, {"Xaaa"}, {"XXX", "a", "a", "a"}};
  for (const std::vector<std::string>& chunks : feeds) {
    StreamReader at_once;
    StreamReader piecemeal;
    Task<std::string> waiting = create_task(piecemeal.readuntil("aaa"));
    co_await sleep(0s);
    std::string all;
    for (const std::string& chunk : chunks) {
      at_once.feed_data(chunk);
      piecemeal.feed_data(chunk);
      co_await sleep(0s);
      all += chunk;
    }
    const std::string one = co_await at_once.readuntil("aaa");
    CHECK(one == all);
    CHECK(at_once.buffered().empty());
    const std::string other = co_await waiting;
    CHECK(other == all);
  }
}

ASYNC_TEST_CASE(
    "stream_reader: readuntil at the end of the stream gives the rest with the error (test_readuntil_eof)") {
  StreamReader reader = reader_of({"some dataAA"});
  reader.feed_eof();
  std::string partial;
  std::string what;
  std::optional<std::size_t> expected = 1;
  try {
    co_await reader.readuntil("AAA");
  } catch (const IncompleteReadError& error) {
    partial = error.partial();
    what = error.what();
    expected = error.expected();
  }
  CHECK(partial == "some dataAA");
  CHECK(what == "11 bytes read on a total of undefined expected bytes");
  CHECK_FALSE(expected.has_value());
  CHECK(reader.buffered().empty());
}

ASYNC_TEST_CASE("stream_reader: readuntil over the limit keeps the data (test_readuntil_limit_found_sep)") {
  StreamReader reader = reader_of({"some dataAA"}, 3);
  std::string result = co_await result_of(reader.readuntil("AAA"));
  CHECK(result == "LimitOverrunError(Separator is not found, and chunk exceed the limit, 9)");
  CHECK(reader.buffered() == "some dataAA");
  reader.feed_data("A");
  result = co_await result_of(reader.readuntil("AAA"));
  CHECK(result == "LimitOverrunError(Separator is found, but chunk is longer than limit, 9)");
  CHECK(reader.buffered() == "some dataAAA");
}

ASYNC_TEST_CASE("stream_reader: readuntil allows as many bytes as the limit before the separator") {
  StreamReader reader = reader_of({"123AAA", "1234AAA"}, 3);
  std::string result = co_await result_of(reader.readuntil("AAA"));
  CHECK(result == "123AAA");
  result = co_await result_of(reader.readuntil("AAA"));
  CHECK(result == "LimitOverrunError(Separator is found, but chunk is longer than limit, 4)");
}

ASYNC_TEST_CASE(
    "stream_reader: of several separators the one that ends first counts (test_readuntil_multi_separator)") {
  StreamReader reader = reader_of({"line 1\nline 2\r"});
  std::string text = co_await reader.readuntil("\r", "\n");
  CHECK(text == "line 1\n");
  text = co_await reader.readuntil("\r", "\n");
  CHECK(text == "line 2\r");
  CHECK(reader.buffered().empty());
  reader.feed_data("ABCDEFG");
  text = co_await reader.readuntil("DEF", "BCDE");
  CHECK(text == "ABCDE");
  CHECK(reader.buffered() == "FG");
}

ASYNC_TEST_CASE(
    "stream_reader: of two that end together the shorter one counts (test_readuntil_multi_separator_limit)") {
  StreamReader reader = reader_of({"some dataA"}, 3);
  const std::string result = co_await result_of(reader.readuntil("A", "ome dataA"));
  CHECK(result == "LimitOverrunError(Separator is found, but chunk is longer than limit, 9)");
  CHECK(reader.buffered() == "some dataA");
}

ASYNC_TEST_CASE(
    "stream_reader: less data than the longest separator has (test_readuntil_multi_separator_negative_offset)") {
  StreamReader reader = reader_of({"data"});
  Task<std::string> task = create_task(reader.readuntil("A", "long sep"));
  co_await sleep(0s);
  reader.feed_data("Z");
  co_await sleep(0s);
  reader.feed_data("Aaaa");
  const std::string text = co_await task;
  CHECK(text == "dataZA");
  CHECK(reader.buffered() == "aaa");
}

ASYNC_TEST_CASE("stream_reader: any kind of text is a separator (test_readuntil_bytearray)") {
  StreamReader reader = reader_of({"some data\r\n", std::string_view("a\0b", 3)});
  const std::vector<char> bytes{'\r', '\n'};
  std::string text = co_await reader.readuntil(std::string_view(bytes.data(), bytes.size()));
  CHECK(text == "some data\r\n");
  text = co_await reader.readuntil(std::string_view("\0", 1));
  CHECK(text == std::string("a\0", 2));
}

ASYNC_TEST_CASE("stream_reader: reading exactly no bytes takes nothing (test_readexactly_zero_or_less)") {
  StreamReader reader = reader_of({data});
  const std::string text = co_await reader.readexactly(0);
  CHECK(text.empty());
  CHECK(reader.buffered() == data);
}

ASYNC_TEST_CASE("stream_reader: readexactly waits for all of it (test_readexactly)") {
  StreamReader reader;
  Task<std::string> task = create_task(reader.readexactly(2 * data.size()));
  co_await sleep(0s);
  reader.feed_data(data);
  co_await sleep(1s);
  CHECK_FALSE(task.done());
  reader.feed_data(data);
  reader.feed_data(data);
  const std::string text = co_await task;
  CHECK(text == data + data);
  CHECK(reader.buffered() == data);
}

ASYNC_TEST_CASE("stream_reader: the limit doesn't bound readexactly (test_readexactly_limit)") {
  StreamReader reader = reader_of({"chunk"}, 3);
  const std::string text = co_await reader.readexactly(5);
  CHECK(text == "chunk");
  CHECK(reader.buffered().empty());
}

ASYNC_TEST_CASE("stream_reader: readexactly gives what came before the end with the error (test_readexactly_eof)") {
  StreamReader reader;
  feed_soon(reader, {data}, true);
  std::string partial;
  std::string what;
  std::optional<std::size_t> expected;
  try {
    co_await reader.readexactly(36);
  } catch (const IncompleteReadError& error) {
    partial = error.partial();
    what = error.what();
    expected = error.expected();
  }
  CHECK(partial == data);
  CHECK(what == "18 bytes read on a total of 36 expected bytes");
  CHECK(expected == 36);
  CHECK(reader.buffered().empty());
}

ASYNC_TEST_CASE("stream_reader: readexactly throws the error of the stream (test_readexactly_exception)") {
  StreamReader reader = reader_of({"line\n"});
  const std::string text = co_await reader.readexactly(2);
  CHECK(text == "li");
  reader.set_exception(an_error("broken"));
  const std::string outcome = co_await outcome_of(reader.readexactly(2));
  CHECK(outcome == "error: broken");
}

TEST_CASE("stream_reader: the error set is the error there is (test_exception)") {
  StreamReader reader;
  CHECK(reader.exception() == nullptr);
  const std::exception_ptr error = an_error("broken");
  reader.set_exception(error);
  CHECK(reader.exception() == error);
}

ASYNC_TEST_CASE("stream_reader: an error reaches the read that waits (test_exception_waiter)") {
  StreamReader reader;
  Task<std::string> task = create_task(outcome_of(reader.readline()));
  co_await sleep(0s);
  reader.set_exception(an_error("broken"));
  const std::string outcome = co_await task;
  CHECK(outcome == "error: broken");
}

ASYNC_TEST_CASE("stream_reader: an error after the reader was cancelled finds nobody (test_exception_cancel)") {
  StreamReader reader;
  Task<std::string> task = create_task(reader.readline());
  co_await sleep(0s);
  task.cancel();
  co_await sleep(0s);
  CHECK(task.cancelled());
  reader.set_exception(an_error("broken"));
  co_await sleep(0s);
  const std::string outcome = co_await outcome_of(reader.readline());
  CHECK(outcome == "error: broken");
}

TEST_CASE("stream_reader: needs no loop until it waits (test_streamreader_constructor_without_loop)") {
  StreamReader reader = reader_of({"data"});
  const std::string text =
      run([](StreamReader& from) -> Async<std::string> { co_return co_await from.read(4); }(reader));
  CHECK(text == "data");
}

TEST_CASE("stream_reader: data after the end of the stream is refused, and the end may be told twice") {
  StreamReader reader = reader_of({"a"});
  reader.feed_eof();
  reader.feed_eof();
  CHECK_THROWS_AS(reader.feed_data("b"), RuntimeError);
  CHECK(reader.buffered() == "a");
}

ASYNC_TEST_CASE("stream_reader: next_line gives lines until there are none (async for)") {
  StreamReader reader = reader_of({"one\n", "\n", "last"});
  reader.feed_eof();
  std::vector<std::string> lines;
  while (auto line = co_await reader.next_line())
    lines.push_back(*line);
  CHECK(lines == std::vector<std::string>{"one\n", "\n", "last"});
  CHECK(reader.at_eof());
}

TEST_SUITE_END();

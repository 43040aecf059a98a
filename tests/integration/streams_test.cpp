// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/streams.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/stream_server.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/io_outcome.hpp"
#include "support/outcome.hpp"
#include "support/real_time_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::code_of;
using coroute::testing::eventually;
using coroute::testing::is_lost;
using coroute::testing::outcome_of;
using coroute::testing::Reports;
using coroute::testing::TemporaryFolder;

namespace {

const std::string localhost = "127.0.0.1";

/// Sends each line back, until the client says that there are no more.
Async<void> echo(StreamReader reader, StreamWriter writer) {
  while (auto line = co_await reader.next_line()) {
    writer.write(*line);
    co_await writer.drain();
  }
}

/// One answer of two lines to one line.
Async<void> answer(StreamReader reader, StreamWriter writer) {
  co_await reader.readline();
  writer.write("200 OK\n");
  writer.write("Test message");
  co_await writer.drain();
}

/// Hands the server's end of the next connection to the test.
class Meeting {
 public:
  auto handler() {
    return [this](StreamReader reader, StreamWriter writer) { met_.emplace(std::move(reader), std::move(writer)); };
  }
  Async<StreamConnection> take() {
    co_await eventually([this] { return met_.has_value(); });
    StreamConnection taken = std::move(*met_);
    met_.reset();
    co_return taken;
  }

 private:
  std::optional<StreamConnection> met_;
};

/// Both ends of a connection, and the server between them.
struct Pair {
  Pair(StreamServer s, StreamConnection c, StreamConnection o) noexcept
      : server(std::move(s)), client(std::move(c)), other(std::move(o)) {}
  StreamServer server;
  StreamConnection client;
  StreamConnection other;
};

Async<Pair> connect_pair(StreamOptions options = {}) {
  Meeting meeting;
  StreamServer server = co_await start_server(meeting.handler(), localhost, 0);
  StreamConnection client = co_await open_connection(localhost, server.port(), options);
  StreamConnection other = co_await meeting.take();
  co_return Pair(std::move(server), std::move(client), std::move(other));
}

/// Closes so that the peer gets ECONNRESET.
void reset_connection(StreamWriter& writer) {
  const linger at_once{1, 0};
  setsockopt(writer.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  writer.abort();
}

/// Until the kernel takes no more of it, and so much more that it can't take the rest when it finds more room.
std::size_t fill(StreamWriter& writer) {
  constexpr std::size_t enough = 8'000'000;
  const std::string block(100'000, 'x');
  std::size_t written = 0;
  while (writer.write_buffer_size() < enough) {
    writer.write(block);
    written += block.size();
  }
  return written;
}

/// A port on which nobody listens.
std::uint16_t closed_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(socket);
  return ntohs(address.sin_port);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

// --- connections ---

LOOP_TEST_CASE("streams: a connection sends and receives (test_open_connection)") {
  const Reports reports;
  StreamServer server = co_await start_server(answer, localhost, 0);
  StreamConnection connection = co_await open_connection(localhost, server.port());
  auto& [reader, writer] = connection;
  writer.write("GET /\n");
  const std::string line = co_await reader.readline();
  CHECK(line == "200 OK\n");
  const std::string rest = co_await reader.read();
  CHECK(rest == "Test message");
  CHECK(writer.peer_address() == localhost + ":" + std::to_string(server.port()));
  CHECK(writer.local_address().find(localhost + ":") == 0);
  writer.close();
  CHECK(reports.messages.empty());
}

LOOP_TEST_CASE("streams: a unix connection sends and receives (test_open_unix_connection, test_start_unix_server)") {
  const TemporaryFolder folder;
  StreamServer server = co_await start_unix_server(echo, folder / "socket");
  StreamConnection connection = co_await open_unix_connection(folder / "socket");
  connection.writer.write("hello world!\n");
  const std::string line = co_await connection.reader.readline();
  CHECK(line == "hello world!\n");
  CHECK(connection.writer.peer_address() == folder / "socket");
  CHECK(server.addresses() == std::vector<std::string>{folder / "socket"});
  CHECK(server.port() == 0);
}

LOOP_TEST_CASE("streams: an abstract unix name needs no file") {
  const std::string name = std::string(1, '\0') + "coroute-test-" + std::to_string(getpid());
  StreamServer server = co_await start_unix_server(echo, name);
  StreamConnection connection = co_await open_unix_connection(name);
  connection.writer.write("x\n");
  const std::string line = co_await connection.reader.readline();
  CHECK(line == "x\n");
  CHECK(server.addresses().front() == "@" + name.substr(1));
}

LOOP_TEST_CASE("streams: a broken connection throws its error from every read (test_open_connection_error)") {
  Pair pair = co_await connect_pair();
  reset_connection(pair.other.writer);
  std::error_code code = co_await code_of(pair.client.reader.read());
  CHECK(code == std::errc::connection_reset);
  code = co_await code_of(pair.client.reader.readline());
  CHECK(code == std::errc::connection_reset);
  CHECK(pair.client.reader.exception() != nullptr);
  code = co_await code_of(pair.client.writer.drain());
  CHECK(code == std::errc::connection_reset);
  code = co_await code_of(pair.client.writer.wait_closed());
  CHECK(code == std::errc::connection_reset);
  CHECK(pair.client.writer.is_closing());
}

LOOP_TEST_CASE("streams: a unix peer that leaves data unread breaks the connection (test_open_unix_connection_error)") {
  const TemporaryFolder folder;
  Meeting meeting;
  StreamServer server = co_await start_unix_server(meeting.handler(), folder / "socket");
  StreamConnection client = co_await open_unix_connection(folder / "socket");
  client.writer.write("unread");
  {
    StreamConnection other = co_await meeting.take();
    co_await eventually([&] { return other.reader.buffered().size() == 6; });
    client.writer.write("unread by the kernel too");
    other.writer.abort();
  }
  const std::error_code code = co_await code_of(client.reader.read());
  const bool reset_or_end = !code || code == std::errc::connection_reset;
  CHECK(reset_or_end);
  co_await eventually([&] {
    client.writer.write("more");
    return client.writer.is_closing();
  });
  const std::error_code drained = co_await code_of(client.writer.drain());
  CHECK(is_lost(drained));
}

LOOP_TEST_CASE("streams: a host name is resolved, and its addresses tried in turn") {
  StreamServer server = co_await start_server(answer, localhost, 0);
  // "localhost" may begin with ::1, where nobody listens.
  StreamConnection connection = co_await open_connection("localhost", server.port());
  connection.writer.write("GET /\n");
  const std::string text = co_await connection.reader.read();
  CHECK(text == "200 OK\nTest message");
}

LOOP_TEST_CASE("streams: a refused connection says so, and to whom") {
  const std::uint16_t port = closed_port();
  std::string what;
  std::error_code code;
  try {
    co_await open_connection(localhost, port);
  } catch (const std::system_error& error) {
    code = error.code();
    what = error.what();
  }
  CHECK(code == std::errc::connection_refused);
  CHECK(what.find("connect to 127.0.0.1:" + std::to_string(port)) == 0);
  const TemporaryFolder folder;
  code = co_await code_of(open_unix_connection(folder / "nobody"));
  CHECK(code == std::errc::no_such_file_or_directory);
}

LOOP_TEST_CASE("streams: a name that has no address is an error of getaddrinfo") {
  const std::error_code code = co_await code_of(open_connection("no-such-host.invalid", 80));
  CHECK(code.category() == getaddrinfo_category());
  CHECK(code.value() != 0);
  CHECK_FALSE(code.message().empty());
}

LOOP_TEST_CASE("streams: bad addresses are refused") {
  std::string outcome = co_await outcome_of(open_connection(std::string("a\0b", 3), 80));
  CHECK(outcome == "error: embedded null byte in a host name");
  outcome = co_await outcome_of(open_unix_connection(""));
  CHECK(outcome == "error: the path of a unix socket must not be empty");
  outcome = co_await outcome_of(open_unix_connection(std::string(107, 'x')));
  CHECK(outcome.find("No such file") != outcome.npos);
  outcome = co_await outcome_of(open_unix_connection(std::string(108, 'x')));
  CHECK(outcome.find("error: AF_UNIX path too long") == 0);
  CHECK_THROWS_AS(StreamOptions().limit(0), std::invalid_argument);
  CHECK_THROWS_AS(StreamServerOptions().limit(0), std::invalid_argument);
}

LOOP_TEST_CASE("streams: a connect that is cancelled leaves nothing behind") {
  StreamServer server = co_await start_server(echo, localhost, 0);
  Task<StreamConnection> numeric = create_task(open_connection(localhost, server.port()));
  Task<StreamConnection> named = create_task(open_connection("localhost", server.port()));
  co_await sleep(0s);
  numeric.cancel();
  named.cancel();
  const std::string first = co_await outcome_of(numeric);
  const std::string second = co_await outcome_of(named);
  CHECK(first == "Cancelled(user)");
  CHECK(second == "Cancelled(user)");
  server.close();
  co_await server.wait_closed();
}

// --- writing ---

LOOP_TEST_CASE("streams: drain throws once the peer is gone, instead of filling memory (test_drain_raises)") {
  const Reports reports;
  Pair pair = co_await connect_pair();
  pair.other.writer.abort();
  std::error_code code;
  while (!code) {
    pair.client.writer.write("foo\n");
    code = co_await code_of(pair.client.writer.drain());
  }
  CHECK(is_lost(code));
  CHECK(reports.messages.empty());
}

LOOP_TEST_CASE("streams: several tasks may wait in drain, all go on (test_multiple_drain)") {
  Pair pair = co_await connect_pair();
  StreamWriter& writer = pair.client.writer;
  const std::size_t written = fill(writer);
  int drained = 0;
  auto drain = [&]() -> Async<void> {
    co_await writer.drain();
    ++drained;
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 10; ++i)
    tasks.push_back(create_task(drain()));
  co_await sleep(0s);
  CHECK(drained == 0);
  CHECK(std::string(tasks.front().state().waiting()->describe()) == "StreamWriter.drain");
  const std::string text = co_await pair.other.reader.readexactly(written);
  CHECK(text.size() == written);
  for (const Task<void>& task : tasks)
    co_await task;
  CHECK(drained == 10);
}

LOOP_TEST_CASE("streams: what is written goes out although nobody drains, in order") {
  Pair pair = co_await connect_pair();
  StreamWriter& writer = pair.client.writer;
  std::string sent;
  for (int i = 0; writer.write_buffer_size() < 500'000; ++i) {
    const std::string piece = std::to_string(i) + std::string(1000, ',');
    sent += piece;
    writer.write(piece);
  }
  writer.write_eof();
  const std::string received = co_await pair.other.reader.read();
  CHECK(received == sent);
  CHECK(writer.write_buffer_size() == 0);
}

LOOP_TEST_CASE("streams: drain pauses above the high-water mark and goes on at the low one") {
  Pair pair = co_await connect_pair();
  StreamWriter& writer = pair.client.writer;
  writer.set_write_buffer_limits(100'000'000);
  fill(writer);
  const std::size_t kept = writer.write_buffer_size();
  writer.set_write_buffer_limits(kept, 0);
  co_await writer.drain();  // as much as the mark is not above it
  writer.write("x");
  Task<void> drain = create_task(writer.drain());
  co_await sleep(0s);
  CHECK_FALSE(drain.done());
  Task<std::string> reading = create_task(pair.other.reader.read());
  co_await drain;
  CHECK(writer.write_buffer_size() == 0);
  writer.close();
  co_await reading;
}

LOOP_TEST_CASE("streams: water marks that contradict each other are refused") {
  Pair pair = co_await connect_pair();
  StreamWriter& writer = pair.client.writer;
  CHECK_THROWS_WITH_AS(writer.set_write_buffer_limits(1, 2), "high (1) must be >= low (2)", std::invalid_argument);
  CHECK_NOTHROW(writer.set_write_buffer_limits(2, 2));
  CHECK_NOTHROW(writer.set_write_buffer_limits(std::nullopt, 100));
  CHECK_NOTHROW(writer.set_write_buffer_limits(0));
}

LOOP_TEST_CASE("streams: a drain that is cancelled loses nothing") {
  Pair pair = co_await connect_pair();
  const std::size_t written = fill(pair.client.writer);
  Task<void> drain = create_task(pair.client.writer.drain());
  co_await sleep(0s);
  drain.cancel();
  const std::string outcome = co_await outcome_of(drain);
  CHECK(outcome == "Cancelled(user)");
  const std::string text = co_await pair.other.reader.readexactly(written);
  CHECK(text == std::string(written, 'x'));
  co_await pair.client.writer.drain();
}

LOOP_TEST_CASE("streams: a connection that breaks wakes the drain that waits") {
  Pair pair = co_await connect_pair();
  fill(pair.client.writer);
  Task<std::error_code> drain = create_task(code_of(pair.client.writer.drain()));
  co_await sleep(0s);
  reset_connection(pair.other.writer);
  const std::error_code code = co_await drain;
  CHECK(is_lost(code));
}

LOOP_TEST_CASE("streams: writelines writes them all; drains without waiting let others run (fairness)") {
  Pair pair = co_await connect_pair();
  const std::vector<std::string> lines{"a\n", "b\n", "c\n"};
  pair.client.writer.writelines(lines);
  pair.client.writer.write("");
  const std::string text = co_await pair.other.reader.readexactly(6);
  CHECK(text == "a\nb\nc\n");
  bool other_ran = false;
  EventLoop::current().call_soon([&] { other_ran = true; });
  int drains = 0;
  while (!other_ran) {
    co_await pair.client.writer.drain();
    ++drains;
  }
  CHECK(drains > 1);
}

LOOP_TEST_CASE("streams: after write_eof the peer reads to the end and may still answer") {
  Pair pair = co_await connect_pair();
  CHECK(pair.client.writer.can_write_eof());
  pair.client.writer.write("question");
  pair.client.writer.write_eof();
  pair.client.writer.write_eof();
  CHECK_THROWS_WITH_AS(pair.client.writer.write("x"), "Cannot call write() after write_eof()", RuntimeError);
  const std::string question = co_await pair.other.reader.read();
  CHECK(question == "question");
  pair.other.writer.write("answer");
  pair.other.writer.close();
  const std::string text = co_await pair.client.reader.read();
  CHECK(text == "answer");
  CHECK_FALSE(pair.client.writer.is_closing());
}

// --- closing ---

LOOP_TEST_CASE("streams: wait_closed ends when the connection is closed (test_wait_closed_on_close)") {
  StreamServer server = co_await start_server(answer, localhost, 0);
  StreamConnection connection = co_await open_connection(localhost, server.port());
  connection.writer.write("GET /\n");
  co_await connection.reader.read();
  CHECK_FALSE(connection.writer.is_closing());
  CHECK(connection.writer.descriptor() >= 0);
  connection.writer.close();
  CHECK(connection.writer.is_closing());
  co_await connection.writer.wait_closed();
  CHECK(connection.writer.descriptor() == -1);
  CHECK_FALSE(connection.writer.local_address().empty());
  co_await connection.writer.wait_closed();
}

LOOP_TEST_CASE("streams: closing doesn't mind unread data (test_wait_closed_on_close_with_unread_data)") {
  StreamServer server = co_await start_server(answer, localhost, 0);
  StreamConnection connection = co_await open_connection(localhost, server.port());
  connection.writer.write("GET /\n");
  const std::string line = co_await connection.reader.readline();
  CHECK(line == "200 OK\n");
  connection.writer.close();
  co_await connection.writer.wait_closed();
}

LOOP_TEST_CASE("streams: wait_closed before close waits for it, and may be cancelled (test_async_writer_api)") {
  const Reports reports;
  Pair pair = co_await connect_pair();
  Task<void> one = create_task(pair.client.writer.wait_closed());
  Task<void> two = create_task(pair.client.writer.wait_closed());
  co_await sleep(0s);
  one.cancel();
  const std::string outcome = co_await outcome_of(one);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(two.done());
  pair.client.writer.close();
  co_await two;
  CHECK(reports.messages.empty());
}

LOOP_TEST_CASE(
    "streams: what is written after close is dropped, of which drain tells "
    "(test_async_writer_api_exception_after_close)") {
  Pair pair = co_await connect_pair();
  pair.client.writer.write("before");
  pair.client.writer.close();
  pair.client.writer.write("after");
  const std::error_code code = co_await code_of(pair.client.writer.drain());
  CHECK(code == std::errc::connection_reset);
  const std::string text = co_await pair.other.reader.read();
  CHECK(text == "before");
}

LOOP_TEST_CASE("streams: the reader of a closed connection is at its end (test_eof_feed_when_closing_writer)") {
  Pair pair = co_await connect_pair();
  Task<std::string> waiting = create_task(pair.client.reader.read());
  pair.client.writer.close();
  co_await pair.client.writer.wait_closed();
  CHECK(pair.client.reader.at_eof());
  const std::string text = co_await pair.client.reader.read();
  CHECK(text.empty());
  const std::string waited = co_await waiting;
  CHECK(waited.empty());
}

LOOP_TEST_CASE(
    "streams: close sends what was written first, also when the writer dies (test_unclosed_resource_warnings)") {
  for (const bool explicitly : {true, false}) {
    Pair pair = co_await connect_pair();
    std::size_t written = 0;
    {
      StreamConnection client = std::move(pair.client);
      written = fill(client.writer);
      if (explicitly) client.writer.close();
    }
    const std::string text = co_await pair.other.reader.read();
    CHECK(text.size() == written);
  }
}

LOOP_TEST_CASE("streams: abort drops what was not sent") {
  Pair pair = co_await connect_pair();
  const std::size_t written = fill(pair.client.writer);
  Task<std::error_code> drain = create_task(code_of(pair.client.writer.drain()));
  co_await sleep(0s);
  pair.client.writer.abort();
  CHECK(pair.client.writer.write_buffer_size() == 0);
  const std::error_code code = co_await drain;
  CHECK(code == std::errc::connection_reset);
  co_await pair.client.writer.wait_closed();
  const std::string text = co_await pair.other.reader.read();
  CHECK(text.size() < written);
}

TEST_CASE("streams: reader and writer may outlive their loop (test_loop_is_closed_resource_warnings)") {
  auto body = []() -> Async<StreamConnection> {
    Pair pair = co_await connect_pair();
    pair.other.writer.write("last words");
    co_await eventually([&] { return pair.client.reader.buffered().size() == 10; });
    co_return std::move(pair.client);
  };
  StreamConnection connection = run(body());
  CHECK(connection.reader.buffered() == "last words");
  CHECK(connection.writer.is_closing());
  CHECK(connection.writer.descriptor() == -1);
  connection.writer.write("nobody");
  connection.writer.close();
  connection.writer.abort();
}

TEST_CASE("streams: a loop that ends takes along what was closed but not yet sent") {
  auto body = []() -> Async<int> {
    Pair pair = co_await connect_pair();
    fill(pair.client.writer);
    const int descriptor = dup(pair.other.writer.descriptor());
    co_return descriptor;
  };
  const int descriptor = run(body());
  // The other end is gone too: after what the kernel had, the end comes without waiting.
  std::string buffer(65'536, '\0');
  ssize_t count = 1;
  while (count > 0)
    count = recv(descriptor, buffer.data(), buffer.size(), 0);
  CHECK(count <= 0);
  close(descriptor);
}

// --- reading ahead ---

LOOP_TEST_CASE("streams: the peer has to wait once twice the limit is there, and goes on later (test_pause_reading)") {
  Pair pair = co_await connect_pair(StreamOptions().limit(1000));
  StreamWriter& writer = pair.other.writer;
  const std::size_t written = fill(writer);
  co_await eventually([&] { return pair.client.reader.buffered().size() > 2000; });
  for (int i = 0; i < 20; ++i)
    co_await sleep(1ms);
  CHECK(writer.write_buffer_size() > 0);
  CHECK(pair.client.reader.buffered().size() <= 2000 + 65'536);
  std::string text = co_await pair.client.reader.read(10);
  text += co_await pair.client.reader.readexactly(written / 2);
  writer.close();
  text += co_await pair.client.reader.read();
  CHECK(text == std::string(written, 'x'));
}

LOOP_TEST_CASE("streams: everything is read whatever the limit (test_read_all_from_pipe_reader)") {
  Pair pair = co_await connect_pair(StreamOptions().limit(1));
  std::string sent;
  while (sent.size() < 3'000'000)
    sent += std::to_string(sent.size());
  pair.other.writer.write(sent);
  pair.other.writer.close();
  const std::string received = co_await pair.client.reader.read();
  CHECK(received == sent);
}

LOOP_TEST_CASE("streams: both ends may send much at once") {
  Pair pair = co_await connect_pair();
  const std::string text(4'000'000, 'x');
  auto exchange = [&](StreamConnection& connection) -> Async<std::size_t> {
    connection.writer.write(text);
    connection.writer.write_eof();
    const std::string received = co_await connection.reader.read();
    co_return received.size();
  };
  auto sizes = co_await gather(exchange(pair.client), exchange(pair.other));
  CHECK(std::get<0>(sizes) == text.size());
  CHECK(std::get<1>(sizes) == text.size());
}

LOOP_TEST_CASE("streams: a reader that waits for long is woken by what arrives, and lets others run") {
  Pair pair = co_await connect_pair();
  Task<std::string> reading = create_task(pair.client.reader.readexactly(6));
  for (const char* piece : {"ab", "cd", "ef"}) {
    co_await sleep(1ms);
    CHECK_FALSE(reading.done());
    pair.other.writer.write(piece);
  }
  const std::string text = co_await reading;
  CHECK(text == "abcdef");
}

TEST_SUITE_END();

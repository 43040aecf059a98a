// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/stream_server.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/io_outcome.hpp"
#include "support/outcome.hpp"
#include "support/real_time_test.hpp"
#include "support/sanitizers.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::eventually;
using coroute::testing::outcome_of;
using coroute::testing::Reports;
using coroute::testing::TemporaryFolder;

namespace {

const std::string localhost = "127.0.0.1";

Async<void> echo_once(StreamReader reader, StreamWriter writer) {
  const std::string line = co_await reader.readline();
  writer.write(line);
  co_await writer.drain();
  writer.close();
  co_await writer.wait_closed();
}

Async<void> until_the_client_leaves(StreamReader reader, StreamWriter writer) {
  co_await reader.read();
  writer.close();
  co_await writer.wait_closed();
}

Async<std::string> ask(std::uint16_t port, std::string question) {
  StreamConnection connection = co_await open_connection(localhost, port);
  connection.writer.write(question);
  std::string line = co_await connection.reader.readline();
  connection.writer.close();
  co_await connection.writer.wait_closed();
  co_return line;
}

Async<StreamConnection> connect_and_wait(StreamServer& server) {
  const std::size_t before = server.connections();
  StreamConnection connection = co_await open_connection(localhost, server.port());
  co_await eventually([&] { return server.connections() == before + 1; });
  co_return connection;
}

bool exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

/// A client's life as the test wants it, and the messages that the exception handler got.
template <class Handler>
Async<std::vector<std::string>> reports_of(Handler handler) {
  Reports reports;
  StreamServer server = co_await start_server(handler, localhost, 0);
  {
    StreamConnection connection = co_await open_connection(localhost, server.port());
    connection.writer.write("test msg");
    co_await outcome_of(connection.reader.read());  // its end, or a reset, since nobody has read the message
  }
  server.close();
  co_await server.wait_closed();
  co_return reports.messages;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

LOOP_TEST_CASE("stream_server: serves clients with a coroutine (test_start_server)") {
  const Reports reports;
  StreamServer server = co_await start_server(echo_once, localhost, 0);
  CHECK(server.is_serving());
  CHECK(server.port() != 0);
  CHECK(server.addresses() == std::vector<std::string>{localhost + ":" + std::to_string(server.port())});
  const std::string line = co_await ask(server.port(), "hello world!\n");
  CHECK(line == "hello world!\n");
  server.close();
  co_await server.wait_closed();
  CHECK(reports.messages.empty());
}

LOOP_TEST_CASE("stream_server: serves clients with a plain callback (test_start_server)") {
  std::vector<Task<void>> tasks;
  auto callback = [&](StreamReader reader, StreamWriter writer) {
    tasks.push_back(create_task(echo_once(std::move(reader), std::move(writer))));
  };
  StreamServer server = co_await start_server(callback, localhost, 0);
  const std::string line = co_await ask(server.port(), "hello world!\n");
  CHECK(line == "hello world!\n");
  for (const Task<void>& task : tasks)
    co_await task;
  CHECK(tasks.size() == 1);
}

LOOP_TEST_CASE("stream_server: serves clients on a path, with either kind (test_start_unix_server)") {
  const TemporaryFolder folder;
  auto callback = [](StreamReader reader, StreamWriter writer) {
    create_task(echo_once(std::move(reader), std::move(writer)));
  };
  StreamServer server = co_await start_unix_server(echo_once, folder / "coroutine");
  StreamServer plain = co_await start_unix_server(callback, folder / "callback");
  for (const char* name : {"coroutine", "callback"}) {
    StreamConnection connection = co_await open_unix_connection(folder / name);
    connection.writer.write("hello world!\n");
    const std::string line = co_await connection.reader.readline();
    CHECK(line == "hello world!\n");
  }
}

LOOP_TEST_CASE("stream_server: many clients at once") {
  StreamServer server = co_await start_server(echo_once, localhost, 0, StreamServerOptions().backlog(256));
  std::vector<Async<std::string>> questions;
  for (int i = 0; i < 250; ++i)
    questions.push_back(ask(server.port(), std::to_string(i) + "\n"));
  const std::vector<std::string> answers = co_await gather(questions);
  for (std::size_t i = 0; i < answers.size(); ++i)
    CHECK(answers[i] == std::to_string(i) + "\n");
  server.close();
  co_await server.wait_closed();
  CHECK(server.connections() == 0);
}

LOOP_TEST_CASE(
    "stream_server: serve_forever serves until it is cancelled, then the server is closed (test_start_server_1)") {
  StreamServer server = co_await start_server(echo_once, localhost, 0, StreamServerOptions().start_serving(false));
  CHECK_FALSE(server.is_serving());
  const std::uint16_t port = server.port();
  CHECK(port != 0);
  const std::string refused = co_await outcome_of(ask(port, "x\n"));
  CHECK(refused.find("Connection refused") != refused.npos);
  Task<void> serving = create_task(server.serve_forever());
  co_await sleep(0s);
  CHECK(server.is_serving());
  const std::string again = co_await outcome_of(server.serve_forever());
  CHECK(again == "RuntimeError: server is already being awaited on serve_forever()");
  const std::string line = co_await ask(port, "hello\n");
  CHECK(line == "hello\n");
  serving.cancel();
  const std::string outcome = co_await outcome_of(serving);
  CHECK(outcome == "Cancelled(user)");
  CHECK(server.sockets().empty());
  CHECK(server.addresses().empty());
  CHECK_FALSE(server.is_serving());
  CHECK(server.port() == 0);
  const std::string closed = co_await outcome_of(server.serve_forever());
  CHECK(closed == "RuntimeError: server is closed");
  CHECK_THROWS_AS(server.start_serving(), RuntimeError);
}

LOOP_TEST_CASE("stream_server: start_serving, then serve_forever, on a path (test_start_unix_server_1)") {
  const TemporaryFolder folder;
  const auto options = StreamServerOptions().start_serving(false);
  StreamServer server = co_await start_unix_server(echo_once, folder / "socket", options);
  CHECK_FALSE(server.is_serving());
  server.start_serving();
  server.start_serving();
  CHECK(server.is_serving());
  Task<void> serving = create_task(server.serve_forever());
  StreamConnection connection = co_await open_unix_connection(folder / "socket");
  connection.writer.write("x\n");
  const std::string line = co_await connection.reader.readline();
  CHECK(line == "x\n");
  connection.writer.close();
  server.close();
  co_await serving;  // closed by somebody else: it just ends
  CHECK_FALSE(server.is_serving());
}

LOOP_TEST_CASE("stream_server: wait_closed waits for close and the last connection (test_wait_closed_basic)") {
  StreamServer server = co_await start_server(until_the_client_leaves, localhost, 0);
  Task<void> one = create_task(server.wait_closed());
  co_await sleep(0s);
  CHECK_FALSE(one.done());
  StreamConnection client = co_await connect_and_wait(server);
  Task<void> two = create_task(server.wait_closed());
  co_await sleep(0s);
  CHECK_FALSE(two.done());
  server.close();
  Task<void> three = create_task(server.wait_closed());
  for (int i = 0; i < 5; ++i)
    co_await sleep(1ms);
  CHECK_FALSE(one.done());
  CHECK_FALSE(two.done());
  CHECK_FALSE(three.done());
  client.writer.close();
  co_await client.writer.wait_closed();
  co_await one;
  co_await two;
  co_await three;
  co_await server.wait_closed();
  CHECK(server.connections() == 0);
}

LOOP_TEST_CASE("stream_server: server and client closed in one step (test_wait_closed_race)") {
  StreamServer server = co_await start_server(until_the_client_leaves, localhost, 0);
  Task<void> task = create_task(server.wait_closed());
  co_await sleep(0s);
  StreamConnection client = co_await open_connection(localhost, server.port());
  EventLoop::current().call_soon([&] { server.close(); });
  EventLoop::current().call_soon([&] { client.writer.close(); });
  co_await server.wait_closed();
  co_await task;
}

LOOP_TEST_CASE("stream_server: close_clients closes the connections (test_close_clients)") {
  StreamServer server = co_await start_server(until_the_client_leaves, localhost, 0);
  StreamConnection client = co_await connect_and_wait(server);
  Task<void> task = create_task(server.wait_closed());
  co_await sleep(0s);
  CHECK_FALSE(task.done());
  server.close();
  server.close_clients();
  co_await task;
  const std::string text = co_await client.reader.read();
  CHECK(text.empty());
}

LOOP_TEST_CASE("stream_server: close_clients sends what was written, abort_clients doesn't (test_abort_clients)") {
  std::optional<StreamConnection> met;
  auto keep = [&](StreamReader reader, StreamWriter writer) { met.emplace(std::move(reader), std::move(writer)); };
  StreamServer server = co_await start_server(keep, localhost, 0);
  StreamConnection client = co_await open_connection(localhost, server.port(), StreamOptions().limit(4096));
  co_await eventually([&] { return met.has_value(); });
  const std::string block(1'000'000, 'a');
  while (met->writer.write_buffer_size() == 0)
    met->writer.write(block);
  Task<void> task = create_task(server.wait_closed());
  server.close();
  server.close_clients();
  for (int i = 0; i < 5; ++i)
    co_await sleep(1ms);
  CHECK_FALSE(task.done());  // the client doesn't read
  CHECK(met->writer.is_closing());
  server.abort_clients();
  co_await task;
  CHECK(server.connections() == 0);
}

LOOP_TEST_CASE("stream_server: closed while a client is about to be accepted (test_close_race)") {
  const Reports reports;
  StreamServer server = co_await start_server(until_the_client_leaves, localhost, 0);
  Task<std::string> connecting = create_task(outcome_of(open_connection(localhost, server.port())));
  co_await sleep(0s);
  server.close();
  co_await connecting;
  co_await server.wait_closed();
  CHECK(reports.messages.empty());
}

LOOP_TEST_CASE(
    "stream_server: what a handler throws is reported and its connection closed (test_unhandled_exception)") {
  auto handler = [](StreamReader, StreamWriter) -> Async<void> {
    throw std::runtime_error("test");
    co_return;
  };
  const std::vector<std::string> messages = co_await reports_of(handler);
  CHECK(messages == std::vector<std::string>{"unhandled exception in a client's handler: test"});
}

LOOP_TEST_CASE("stream_server: what a plain callback throws is reported") {
  auto handler = [](StreamReader, StreamWriter) { throw std::runtime_error("test"); };
  const std::vector<std::string> messages = co_await reports_of(handler);
  CHECK(messages == std::vector<std::string>{"unhandled exception in a client's handler: test"});
}

LOOP_TEST_CASE("stream_server: a handler that is cancelled is not reported (test_unhandled_cancel)") {
  auto handler = [](StreamReader, StreamWriter writer) -> Async<void> {
    writer.close();
    current_task()->cancel();
    co_await sleep(1h);
  };
  const std::vector<std::string> messages = co_await reports_of(handler);
  CHECK(messages.empty());
}

LOOP_TEST_CASE(
    "stream_server: a handler that drops its writer closes the connection (test_unclosed_server_resource_warnings)") {
  auto handler = [](StreamReader, StreamWriter) {};
  const std::vector<std::string> messages = co_await reports_of(handler);
  CHECK(messages.empty());
}

LOOP_TEST_CASE("stream_server: wait_closed waits for the tasks of the clients too") {
  bool ended = false;
  auto handler = [&](StreamReader reader, StreamWriter writer) -> Async<void> {
    co_await reader.read();
    writer.close();
    co_await writer.wait_closed();
    co_await sleep(5ms);
    ended = true;
  };
  StreamServer server = co_await start_server(handler, localhost, 0);
  {
    StreamConnection client = co_await connect_and_wait(server);
  }
  server.close();
  co_await server.wait_closed();
  CHECK(ended);
}

LOOP_TEST_CASE("stream_server: its destructor stops listening, clients go on with the handler they have") {
  auto handler = [text = std::string("a text longer than what a string keeps inline\n")](
                     StreamReader reader, StreamWriter writer) -> Async<void> {
    co_await reader.readline();
    writer.write(text);
    co_await writer.drain();
  };
  std::optional<StreamServer> server = co_await start_server(handler, localhost, 0);
  const std::uint16_t port = server->port();
  StreamConnection client = co_await connect_and_wait(*server);
  server.reset();
  const std::string refused = co_await outcome_of(open_connection(localhost, port));
  CHECK(refused.find("Connection refused") != refused.npos);
  client.writer.write("go\n");
  const std::string text = co_await client.reader.read();
  CHECK(text == "a text longer than what a string keeps inline\n");
}

TEST_CASE("stream_server: a loop that ends takes servers and clients along") {
  std::optional<StreamServer> server;
  std::optional<StreamConnection> client;
  auto body = [&]() -> Async<void> {
    server = co_await start_server(until_the_client_leaves, localhost, 0);
    client = co_await connect_and_wait(*server);
  };
  run(body());
  CHECK(server->sockets().empty());
  CHECK_FALSE(server->is_serving());
  CHECK(client->writer.descriptor() == -1);
}

LOOP_TEST_CASE("stream_server: an address that is taken is an error that names it") {
  StreamServer server = co_await start_server(echo_once, localhost, 0);
  const std::string outcome = co_await outcome_of(start_server(echo_once, localhost, server.port()));
  CHECK(outcome == "error: cannot bind to " + server.addresses().front() + ": Address already in use");
}

LOOP_TEST_CASE("stream_server: reuse_port lets two listen") {
  StreamServer one = co_await start_server(echo_once, localhost, 0, StreamServerOptions().reuse_port());
  StreamServer two = co_await start_server(echo_once, localhost, one.port(), StreamServerOptions().reuse_port());
  CHECK(one.port() == two.port());
}

LOOP_TEST_CASE("stream_server: an empty host is every interface") {
  StreamServer server = co_await start_server(echo_once, "", 0);
  bool any_v4 = false;
  for (const std::string& address : server.addresses())
    any_v4 = any_v4 || address.find("0.0.0.0:") == 0;
  CHECK(any_v4);
  CHECK(server.sockets().size() == server.addresses().size());
}

LOOP_TEST_CASE("stream_server: without descriptors it reports, waits, and then serves who waits" *
               doctest::skip(coroute::test::needs_descriptors)) {
  Reports reports;
  StreamServer server = co_await start_server(echo_once, localhost, 0);
  StreamConnection client = co_await open_connection(localhost, server.port());
  co_await eventually([&] { return server.connections() == 1; });
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int client_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int next = dup(client_socket);
  close(next);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(server.sockets().front(), reinterpret_cast<sockaddr*>(&address), &size);
  REQUIRE(connect(client_socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  co_await eventually([&] { return !reports.messages.empty(); });
  CHECK(reports.messages.front() ==
        "out of system resources, no client is accepted for a while: accept: Too many open files");
  CHECK(server.connections() == 1);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  co_await eventually([&] { return server.connections() == 2; });
  close(client_socket);
}

// --- sockets in the file system ---

LOOP_TEST_CASE(
    "stream_server: closing removes the socket (test_unix_server_addr_cleanup, test_unix_server_sock_cleanup)") {
  const TemporaryFolder folder;
  StreamServer server = co_await start_unix_server(echo_once, folder / "socket");
  CHECK(exists(folder / "socket"));
  server.close();
  CHECK_FALSE(exists(folder / "socket"));
}

LOOP_TEST_CASE("stream_server: a socket that is gone already is no error (test_unix_server_cleanup_gone)") {
  const TemporaryFolder folder;
  StreamServer server = co_await start_unix_server(echo_once, folder / "socket");
  std::filesystem::remove(folder / "socket");
  server.close();
  CHECK_FALSE(exists(folder / "socket"));
}

LOOP_TEST_CASE("stream_server: what somebody else has put there stays (test_unix_server_cleanup_replaced)") {
  const TemporaryFolder folder;
  StreamServer server = co_await start_unix_server(echo_once, folder / "socket");
  std::filesystem::rename(folder / "socket", folder / "moved");
  std::ofstream(folder / "socket") << "another";
  server.close();
  CHECK(exists(folder / "socket"));
}

LOOP_TEST_CASE("stream_server: the socket stays when that is wanted (test_unix_server_cleanup_prevented)") {
  const TemporaryFolder folder;
  const auto options = StreamServerOptions().cleanup_socket(false);
  StreamServer server = co_await start_unix_server(echo_once, folder / "socket", options);
  server.close();
  CHECK(exists(folder / "socket"));
  StreamServer again = co_await start_unix_server(echo_once, folder / "socket");  // replaces what was left
  CHECK(again.is_serving());
}

LOOP_TEST_CASE("stream_server: a file that is no socket is not removed") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "precious";
  const std::string outcome = co_await outcome_of(start_unix_server(echo_once, folder / "file"));
  CHECK(outcome.find("Address already in use") != outcome.npos);
  CHECK(exists(folder / "file"));
}

TEST_SUITE_END();

// SPDX-License-Identifier: BSL-1.0
#include "tls/byte_stream.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "http/open_file.hpp"
#include "support/async_test.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace coroute::test;
using namespace std::chrono_literals;
using Outcome = ByteStream::Outcome;

namespace {

/// Both ends of one connection on the test's loop.
class Ends {
 public:
  Ends() {
    std::array<int, 2> sockets{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.data()) == 0);
    near.emplace(EventLoop::current(), sockets[0]);
    far.emplace(EventLoop::current(), sockets[1]);
  }

  std::optional<ByteStream> near;
  std::optional<ByteStream> far;
};

/// The same with TLS; `near` is the client.
class SecureEnds : public Ends {
 public:
  SecureEnds() : server_context_({.identity = authority_.issue()}), client_context_(trusting(), {}) {
    near->start_tls(client_context_);
    near->tls()->set_peer("localhost");
    far->start_tls(server_context_);
    Outcome client = Outcome::WouldBlock;
    Outcome server = Outcome::WouldBlock;
    for (int i = 0; i < 10 && (client != Outcome::Progress || server != Outcome::Progress); ++i) {
      if (client != Outcome::Progress) client = near->handshake();
      if (server != Outcome::Progress) server = far->handshake();
    }
    REQUIRE(client == Outcome::Progress);
    REQUIRE(server == Outcome::Progress);
  }

 private:
  TlsClientOptions trusting() const { return {.system_roots = false, .ca_files = {authority_.file()}}; }

  TestAuthority authority_;
  TlsContext server_context_;
  TlsContext client_context_;
};

void say(ByteStream& stream, std::string_view text) {
  std::string_view none;
  REQUIRE(stream.send(text, none) == Outcome::Progress);
}

/// What one `receive` gives, or how it ends.
std::string hear(ByteStream& stream) {
  std::array<char, 32'768> buffer;
  const ByteStream::Received got = stream.receive(buffer.data(), buffer.size());
  if (got.outcome == Outcome::WouldBlock) return "(wait)";
  return got.outcome == Outcome::Closed ? "(closed)" : std::string(buffer.data(), got.size);
}

Async<void> wait_for_input(ByteStream& stream) {
  co_await stream.wait_readable();
}

void fill(ByteStream& stream) {
  const std::string block(65'536, 'x');
  Outcome outcome = Outcome::Progress;
  while (outcome == Outcome::Progress) {
    std::string_view text = block;
    std::string_view none;
    outcome = stream.send(text, none);
  }
  REQUIRE(outcome == Outcome::WouldBlock);
}

}  // namespace

TEST_SUITE_BEGIN("tls");

ASYNC_TEST_CASE("byte_stream: two parts leave in order, and what has gone is taken off them") {
  Ends ends;
  std::string_view head = "head ";
  std::string_view tail = "tail";
  CHECK(ends.near->send(head, tail) == Outcome::Progress);
  CHECK(head.empty());
  CHECK(tail.empty());
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "head tail");
  CHECK(hear(*ends.far) == "(wait)");
}

ASYNC_TEST_CASE("byte_stream: in TLS too two parts leave in order") {
  SecureEnds ends;
  std::string_view head = "head ";
  std::string_view tail = "tail";
  CHECK(ends.near->send(head, tail) == Outcome::Progress);
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "head ");
  CHECK(hear(*ends.far) == "tail");
  CHECK(hear(*ends.far) == "(wait)");
}

ASYNC_TEST_CASE("byte_stream: what has come while a record of before was given out is seen") {
  SecureEnds ends;
  say(*ends.near, "one");
  say(*ends.near, "two");
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "one");  // "two" has been read with it
  say(*ends.near, "three");
  co_await sleep(1s);
  CHECK(hear(*ends.far) == "two");
  CHECK(ends.far->has_input());
  CHECK(hear(*ends.far) == "three");
  CHECK(hear(*ends.far) == "(wait)");
  CHECK_FALSE(ends.far->has_input());
}

ASYNC_TEST_CASE("byte_stream: all of a short read of TLS is known without another look at the socket") {
  SecureEnds ends;
  say(*ends.near, "one");
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "one");
  CHECK_FALSE(ends.far->has_input());
}

ASYNC_TEST_CASE("byte_stream: without TLS the end of the peer's bytes is a proper one") {
  Ends ends;
  say(*ends.near, "last words");
  ends.near->shut_down();
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "last words");
  CHECK_FALSE(ends.far->is_properly_closed());
  CHECK(hear(*ends.far) == "(closed)");
  CHECK(ends.far->is_properly_closed());
  CHECK(ends.far->is_peer_closed());
  say(*ends.far, "answer");  // our side is open
  co_await wait_for_input(*ends.near);
  CHECK(hear(*ends.near) == "answer");
}

ASYNC_TEST_CASE("byte_stream: a connection that breaks is not properly closed") {
  Ends ends;
  say(*ends.far, "never read");
  ends.near.reset();  // with unread bytes: a reset
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "(closed)");
  CHECK_FALSE(ends.far->is_properly_closed());
}

ASYNC_TEST_CASE("byte_stream: in TLS an end is proper when it was announced") {
  for (const bool is_announced : {true, false}) {
    SecureEnds ends;
    say(*ends.near, "last words");
    is_announced ? ends.near->shut_down() : static_cast<void>(::shutdown(ends.near->descriptor(), SHUT_WR));
    co_await wait_for_input(*ends.far);
    CHECK(hear(*ends.far) == "last words");
    CHECK(hear(*ends.far) == "(closed)");
    CHECK(ends.far->is_properly_closed() == is_announced);
  }
}

ASYNC_TEST_CASE("byte_stream: the tickets of TLS are no input to those who read") {
  SecureEnds ends;
  co_await wait_for_input(*ends.near);
  CHECK(hear(*ends.near) == "(wait)");
  CHECK_FALSE(ends.near->has_input());
  CHECK(ends.near->tls()->take_resumable() != nullptr);
}

ASYNC_TEST_CASE("byte_stream: who can't send is told of what comes") {
  for (const bool is_secure : {false, true}) {
    std::optional<Ends> plain;
    std::optional<SecureEnds> secure;
    Ends& ends = is_secure ? secure.emplace() : plain.emplace();
    co_await sleep(1s);
    CHECK(hear(*ends.near) == "(wait)");  // or the tickets
    fill(*ends.near);
    auto waiting = [&]() -> Async<bool> {
      const bool ready = co_await ends.near->wait_ready();
      co_return ready;
    };
    Task<bool> task = create_task(waiting());
    co_await sleep(1s);
    CHECK_FALSE(task.done());
    say(*ends.far, "enough");
    const bool ready = co_await task;
    CHECK(ready);
    CHECK(hear(*ends.near) == "enough");
    CHECK_FALSE(ends.near->is_writable());
  }
}

ASYNC_TEST_CASE("byte_stream: the kernel sends what there is of a file, until the peer takes no more") {
  const TemporaryDirectory directory;
  const detail::OpenFile file(directory.write("file", "0123456789"));
  Ends ends;
  using FileOutcome = ByteStream::FileOutcome;
  const ByteStream::SentFile some = ends.near->send_file(file.descriptor(), 3, 4);
  CHECK(some.outcome == FileOutcome::Progress);
  CHECK(some.size == 4);
  const ByteStream::SentFile rest = ends.near->send_file(file.descriptor(), 7, 100);
  CHECK(rest.size == 3);
  CHECK(ends.near->send_file(file.descriptor(), 10, 1).outcome == FileOutcome::Ended);
  co_await wait_for_input(*ends.far);
  CHECK(hear(*ends.far) == "3456789");
  fill(*ends.near);
  CHECK(ends.near->send_file(file.descriptor(), 0, 1).outcome == FileOutcome::WouldBlock);
  CHECK_FALSE(ends.near->is_writable());
  ends.far.reset();
  CHECK(ends.near->send_file(file.descriptor(), 0, 1).outcome == FileOutcome::Closed);
}

ASYNC_TEST_CASE("byte_stream: what the kernel can't send from is refused") {
  const TemporaryDirectory directory;
  const detail::OpenFile no_file(directory.path());
  Ends ends;
  CHECK(ends.near->send_file(no_file.descriptor(), 0, 1).outcome == ByteStream::FileOutcome::Refused);
  co_return;
}

TEST_SUITE_END();

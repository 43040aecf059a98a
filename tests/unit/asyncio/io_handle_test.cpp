// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/io_handle.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

std::array<int, 2> make_socket_pair() {
  std::array<int, 2> sockets{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.data()) == 0);
  return sockets;
}

/// One end watched by the loop, the other one bare.
class Pair {
 public:
  explicit Pair(std::array<int, 2> sockets = make_socket_pair())
      : near(EventLoop::current(), sockets[0]), far_(sockets[1]) {}
  ~Pair() { close_far(); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void close_far() {
    if (far_ >= 0) close(std::exchange(far_, -1));
  }
  void shut_down_far() { shutdown(far_, SHUT_WR); }
  void send(const std::string& text) {
    REQUIRE(write(far_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  /// Everything there is to read; notes the end of the data as an owner has to.
  std::string receive() {
    std::string text;
    std::array<char, 64> buffer;
    ssize_t count = 0;
    while ((count = read(near.descriptor(), buffer.data(), buffer.size())) > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (count < 0 && errno == EAGAIN) near.clear_readable();
    return text;
  }
  void fill() {
    const std::string block(65'536, 'x');
    while (write(near.descriptor(), block.data(), block.size()) > 0) {
    }
    near.clear_writable();
  }
  void drain_far() {
    std::array<char, 65'536> buffer;
    while (read(far_, buffer.data(), buffer.size()) > 0) {
    }
  }

  IoHandle near;

 private:
  int far_;
};

Async<std::string> wait_for_reading(IoHandle& handle) {
  const bool ready = co_await handle.wait_readable();
  co_return ready ? "ready" : "aborted";
}

Async<std::string> wait_for_writing(IoHandle& handle) {
  const bool ready = co_await handle.wait_writable();
  co_return ready ? "ready" : "aborted";
}

Async<std::string> wait_for_either(IoHandle& handle) {
  const bool ready = co_await handle.wait_ready();
  co_return ready ? "ready" : "aborted";
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("io_handle: wait_readable ends when data arrives, again after all was read") {
  Pair pair;
  for (const std::string text : {"one", "two"}) {
    Task<std::string> task = create_task(wait_for_reading(pair.near));
    co_await sleep(1s);
    CHECK_FALSE(task.done());
    CHECK(std::string(task.state().waiting()->describe()) == "readable");
    pair.send(text);
    const std::string outcome = co_await task;
    CHECK(outcome == "ready");
    CHECK(pair.receive() == text);
    CHECK_FALSE(pair.near.is_readable());
  }
}

ASYNC_TEST_CASE("io_handle: data that came before the wait ends it without suspending") {
  Pair pair;
  pair.send("early");
  co_await sleep(1ms);
  CHECK(pair.near.is_readable());
  const bool ready = co_await pair.near.wait_readable();
  CHECK(ready);
  const bool still = co_await pair.near.wait_readable();  // nobody said that it was read
  CHECK(still);
  CHECK(pair.receive() == "early");
}

ASYNC_TEST_CASE("io_handle: an edge between the last read and the wait is not lost") {
  Pair pair;
  co_await sleep(1ms);
  CHECK(pair.receive().empty());
  pair.send("in between");
  const bool ready = co_await pair.near.wait_readable();
  CHECK(ready);
  CHECK(pair.receive() == "in between");
}

ASYNC_TEST_CASE("io_handle: a fresh socket is writable; a full one when the peer has read") {
  Pair pair;
  const bool fresh = co_await pair.near.wait_writable();
  CHECK(fresh);
  pair.fill();
  CHECK_FALSE(pair.near.is_writable());
  Task<std::string> task = create_task(wait_for_writing(pair.near));
  co_await sleep(1s);
  CHECK_FALSE(task.done());
  CHECK(std::string(task.state().waiting()->describe()) == "writable");
  pair.drain_far();
  const std::string outcome = co_await task;
  CHECK(outcome == "ready");
}

ASYNC_TEST_CASE("io_handle: both directions wait at the same time") {
  Pair pair;
  pair.fill();
  co_await sleep(1ms);
  pair.fill();
  Task<std::string> reading = create_task(wait_for_reading(pair.near));
  Task<std::string> writing = create_task(wait_for_writing(pair.near));
  co_await sleep(1s);
  CHECK_FALSE(reading.done());
  CHECK_FALSE(writing.done());
  pair.send("x");
  const std::string read = co_await reading;
  CHECK(read == "ready");
  co_await sleep(1s);
  CHECK_FALSE(writing.done());
  pair.drain_far();
  const std::string written = co_await writing;
  CHECK(written == "ready");
}

ASYNC_TEST_CASE("io_handle: wait_ready ends with the first direction that can go on, and leaves nothing behind") {
  Pair pair;
  co_await pair.near.wait_writable();
  for (const bool by_data : {true, false, true}) {
    pair.fill();
    Task<std::string> task = create_task(wait_for_either(pair.near));
    co_await sleep(1s);
    CHECK_FALSE(task.done());
    CHECK(std::string(task.state().waiting()->describe()) == "readable or writable");
    by_data ? pair.send("x") : pair.drain_far();
    const std::string outcome = co_await task;
    CHECK(outcome == "ready");
    CHECK(pair.near.is_readable() == by_data);
    CHECK(pair.near.is_writable() == !by_data);
    if (by_data) CHECK(pair.receive() == "x");
  }
}

ASYNC_TEST_CASE("io_handle: wait_ready is ended by abort_waits and by a cancellation, and waits again after one") {
  Pair pair;
  co_await pair.near.wait_writable();
  pair.fill();
  Task<std::string> cancelled = create_task(outcome_of(wait_for_either(pair.near)));
  co_await sleep(1s);
  cancelled.cancel();
  const std::string outcome = co_await cancelled;
  CHECK(outcome == "Cancelled(user)");
  Task<std::string> aborted = create_task(wait_for_either(pair.near));
  co_await sleep(1s);
  CHECK_FALSE(aborted.done());
  pair.near.abort_waits();
  const std::string end = co_await aborted;
  CHECK(end == "aborted");
}

ASYNC_TEST_CASE("io_handle: abort_waits ends the waits in progress and all later ones with false") {
  Pair pair;
  co_await pair.near.wait_writable();
  pair.fill();
  Task<std::string> reading = create_task(wait_for_reading(pair.near));
  Task<std::string> writing = create_task(wait_for_writing(pair.near));
  co_await sleep(1s);
  pair.near.abort_waits();
  const std::string read = co_await reading;
  const std::string written = co_await writing;
  CHECK(read == "aborted");
  CHECK(written == "aborted");
  CHECK(pair.near.is_aborted());
  const std::string later = co_await wait_for_reading(pair.near);
  CHECK(later == "aborted");
}

ASYNC_TEST_CASE("io_handle: abort_waits before anybody waits") {
  Pair pair;
  pair.near.abort_waits();
  const std::string read = co_await wait_for_reading(pair.near);
  const std::string written = co_await wait_for_writing(pair.near);
  CHECK(read == "aborted");
  CHECK(written == "aborted");
}

ASYNC_TEST_CASE("io_handle: a cancelled wait ends at once, the next one gets the edge") {
  Pair pair;
  Task<std::string> cancelled = create_task(outcome_of(wait_for_reading(pair.near)));
  co_await sleep(1s);
  cancelled.cancel();
  const std::string outcome = co_await cancelled;
  CHECK(outcome == "Cancelled(user)");
  Task<std::string> next = create_task(wait_for_reading(pair.near));
  co_await sleep(1s);
  pair.send("x");
  const std::string ready = co_await next;
  CHECK(ready == "ready");
  CHECK(pair.receive() == "x");
}

ASYNC_TEST_CASE("io_handle: a wait that was ended already is not undone by a cancellation") {
  Pair pair;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await wait_for_reading(pair.near));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  pair.near.abort_waits();
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"aborted", "Cancelled(user)"});
}

ASYNC_TEST_CASE("io_handle: a timeout ends a wait") {
  Pair pair;
  const std::string outcome = co_await outcome_of(timeout(1s, wait_for_reading(pair.near)));
  CHECK(outcome == "TimeoutError");
}

ASYNC_TEST_CASE("io_handle: a peer that shuts down its sending side is told once, behind unread data") {
  Pair pair;
  int hangups = 0;
  pair.near.on_hangup([](void* context) noexcept { ++*static_cast<int*>(context); }, &hangups);
  Task<std::string> task = create_task(wait_for_reading(pair.near));
  co_await sleep(1s);
  CHECK_FALSE(pair.near.is_peer_closed());
  pair.send("last words");
  pair.shut_down_far();
  const std::string outcome = co_await task;
  CHECK(outcome == "ready");
  CHECK(hangups == 1);
  CHECK(pair.near.is_peer_closed());
  CHECK_FALSE(pair.near.is_broken());
  CHECK(pair.receive() == "last words");
  pair.near.clear_readable();
  CHECK(pair.near.is_readable());  // the end of the data stays readable
  const bool writable = co_await pair.near.wait_writable();
  CHECK(writable);
  pair.close_far();
  co_await sleep(1s);
  CHECK(hangups == 1);
  CHECK(pair.near.is_broken());
}

ASYNC_TEST_CASE("io_handle: a peer that closes ends both waits and breaks the connection") {
  Pair pair;
  co_await pair.near.wait_writable();
  pair.fill();
  int hangups = 0;
  pair.near.on_hangup([](void* context) noexcept { ++*static_cast<int*>(context); }, &hangups);
  Task<std::string> reading = create_task(wait_for_reading(pair.near));
  Task<std::string> writing = create_task(wait_for_writing(pair.near));
  co_await sleep(1s);
  pair.close_far();
  const std::string read = co_await reading;
  const std::string written = co_await writing;
  CHECK(read == "ready");
  CHECK(written == "ready");
  CHECK(pair.near.is_broken());
  CHECK(hangups == 1);
}

ASYNC_TEST_CASE("io_handle: without a hangup callback, or with it taken away, nobody is called") {
  Pair pair;
  int hangups = 0;
  pair.near.on_hangup([](void* context) noexcept { ++*static_cast<int*>(context); }, &hangups);
  pair.near.on_hangup(nullptr, nullptr);
  pair.close_far();
  co_await sleep(1s);
  CHECK(pair.near.is_peer_closed());
  CHECK(hangups == 0);
}

ASYNC_TEST_CASE("io_handle: a loop of waits that are ready lets other tasks run") {
  Pair pair;
  pair.send("never read");
  bool stop = false;
  auto stopper = [&stop]() -> Async<void> {
    stop = true;
    co_return;
  };
  co_await sleep(1ms);
  Task<void> task = create_task(stopper());
  int turns = 0;
  while (!stop && turns < 10'000) {
    co_await pair.near.wait_readable();
    ++turns;
  }
  CHECK(stop);
  CHECK(turns < 1'000);
  co_await task;
}

ASYNC_TEST_CASE("io_handle: closes its descriptor, also when it can't be watched") {
  std::array<int, 2> sockets = make_socket_pair();
  {
    const Pair pair(sockets);
    co_await sleep(1ms);
    CHECK(fcntl(sockets[0], F_GETFD) >= 0);
  }
  CHECK(fcntl(sockets[0], F_GETFD) < 0);
  const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);  // epoll refuses regular files
  REQUIRE(file >= 0);
  CHECK_THROWS_AS(IoHandle(EventLoop::current(), file), std::system_error);
  CHECK(fcntl(file, F_GETFD) < 0);
}

ASYNC_TEST_CASE("io_handle: on_ready is called at each change, after those who wait were woken") {
  Pair pair;
  co_await sleep(1ms);  // writable from the start
  int calls = 0;
  pair.near.on_ready([](void* count) noexcept { ++*static_cast<int*>(count); }, &calls);
  Task<std::string> task = create_task(wait_for_reading(pair.near));
  co_await sleep(1ms);
  CHECK(calls == 0);
  pair.send("data");
  const std::string outcome = co_await task;
  CHECK(outcome == "ready");
  CHECK(calls == 1);
  pair.near.on_ready(nullptr, nullptr);
  pair.close_far();
  co_await sleep(1ms);
  CHECK(calls == 1);
  CHECK(pair.near.is_peer_closed());
}

ASYNC_TEST_CASE("io_handle: once closed it is not reported any more, though a copy of the descriptor lives") {
  const std::array<int, 2> sockets = make_socket_pair();
  const int copy = dup(sockets[0]);  // as a process has that is about to be started
  int calls = 0;
  {
    IoHandle handle(EventLoop::current(), sockets[0]);
    handle.on_ready([](void* count) noexcept { ++*static_cast<int*>(count); }, &calls);
    co_await sleep(1ms);
  }
  const int before = calls;
  REQUIRE(write(sockets[1], "x", 1) == 1);
  co_await sleep(1ms);
  CHECK(calls == before);
  close(copy);
  close(sockets[1]);
}

TEST_SUITE_END();

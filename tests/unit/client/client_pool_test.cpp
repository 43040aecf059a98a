// SPDX-License-Identifier: BSL-1.0
#include "client/client_pool.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

/// A socket pair, of which a lease gets one end.
struct Ends {
  Ends() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both.data()) == 0); }
  ~Ends() { close(both[1]); }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  bool other_is_closed() const {
    char byte = 0;
    return recv(both[1], &byte, 1, MSG_PEEK) == 0;
  }

  std::array<int, 2> both{};
};

Async<void> make_idle(ClientPool& pool, std::string host, const Ends& ends) {
  Lease lease = co_await pool.host(host).acquire(false);
  lease.connection = std::make_unique<ClientConnection>(pool.loop(), ends.both[0]);
  lease.give_back();
}

class NotingLocal final : public LoopLocal {
 public:
  NotingLocal(std::string& log, char name) : log_(log), name_(name) {}
  ~NotingLocal() override { log_ += name_; }

 private:
  std::string& log_;
  char name_;
};

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("client_pool: idle connections are closed soon after they expire, and their hosts forgotten") {
  ClientPool pool(EventLoop::current(), ClientLimits());
  const Ends first;
  const Ends second;
  co_await make_idle(pool, "a:80", first);
  co_await sleep(10s);
  co_await make_idle(pool, "b:80", second);
  CHECK(pool.host_count() == 2);
  co_await sleep(10s - 1ms);
  CHECK_FALSE(first.other_is_closed());
  co_await sleep(5s);
  CHECK(first.other_is_closed());
  CHECK_FALSE(second.other_is_closed());
  CHECK(pool.host_count() == 1);
  co_await sleep(11s);
  CHECK(second.other_is_closed());
  CHECK(pool.host_count() == 0);
}

ASYNC_TEST_CASE("client_pool: hosts have connections of their own") {
  ClientPool pool(EventLoop::current(), ClientLimits());
  const Ends ends;
  co_await make_idle(pool, "a:80", ends);
  const Lease other = co_await pool.host("a:81").acquire(false);
  CHECK(other.connection == nullptr);
  const Lease same = co_await pool.host("a:80").acquire(false);
  CHECK(same.connection != nullptr);
}

ASYNC_TEST_CASE("client_pool: close drops what is idle, keeps what is in use until its end, and nothing afterwards") {
  ClientPool pool(EventLoop::current(), ClientLimits());
  const Ends idle;
  const Ends used;
  co_await make_idle(pool, "a:80", idle);
  Lease lease = co_await pool.host("b:80").acquire(false);
  lease.connection = std::make_unique<ClientConnection>(pool.loop(), used.both[0]);
  pool.close();
  CHECK(idle.other_is_closed());
  CHECK_FALSE(used.other_is_closed());
  CHECK(pool.host_count() == 1);
  lease.give_back();
  CHECK(used.other_is_closed());
  CHECK(pool.host_count() == 0);
  const Ends late;
  co_await make_idle(pool, "c:80", late);
  CHECK(late.other_is_closed());
  CHECK(pool.host_count() == 0);
}

ASYNC_TEST_CASE("client_pool: buffers hold the largest head and are used again, empty") {
  ClientLimits limits;
  limits.max_response_head_bytes = 1000;
  ClientPool pool(EventLoop::current(), limits);
  std::unique_ptr<InputBuffer> buffer = pool.take_buffer();
  CHECK(buffer->capacity > 1000);
  const InputBuffer* const address = buffer.get();
  buffer->end = 10;
  pool.give_back(std::move(buffer));
  buffer = pool.take_buffer();
  CHECK(buffer.get() == address);
  CHECK(buffer->unread().empty());
  co_return;
}

ASYNC_TEST_CASE("client_pool: a buffer that a large request head has grown is not used again") {
  for (const std::size_t size : {16 * 1024UL, 16 * 1024UL + 1}) {
    ClientPool pool(EventLoop::current(), ClientLimits());
    std::unique_ptr<InputBuffer> buffer = pool.take_buffer();
    buffer->request_head.reserve(size);
    REQUIRE(buffer->request_head.capacity() == size);
    pool.give_back(std::move(buffer));
    buffer = pool.take_buffer();
    CHECK((buffer->request_head.capacity() == size) == (size == 16 * 1024UL));
  }
  co_return;
}

TEST_CASE("input_buffer: make_room moves what is unread to the front when the end is reached") {
  InputBuffer buffer(4);
  std::string("abcd").copy(buffer.data.get(), 4);
  buffer.end = 3;
  buffer.begin = 1;
  buffer.make_room();
  CHECK(buffer.begin == 1);  // there is room still
  buffer.end = 4;
  buffer.make_room();
  CHECK(buffer.unread() == "bcd");
  CHECK(buffer.end == 3);
  buffer.begin = 3;
  buffer.make_room();
  CHECK(buffer.end == 0);
}

TEST_CASE("event_loop: locals are found by their key, replaced by nothing, and end with the loop in reverse order") {
  std::string log;
  const int a = 0;
  const int b = 0;
  const int c = 0;
  {
    EventLoop loop;
    CHECK(loop.local(&a) == nullptr);
    loop.set_local(&a, std::make_unique<NotingLocal>(log, 'a'));
    loop.set_local(&b, std::make_unique<NotingLocal>(log, 'b'));
    loop.set_local(&c, std::make_unique<NotingLocal>(log, 'c'));
    CHECK(loop.local(&a) != nullptr);
    CHECK(loop.local(&a) != loop.local(&b));
    loop.remove_local(&b);
    loop.remove_local(&b);
    CHECK(log == "b");
    CHECK(loop.local(&b) == nullptr);
  }
  CHECK(log == "bca");
}

TEST_SUITE_END();

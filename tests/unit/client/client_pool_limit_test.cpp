// SPDX-License-Identifier: BSL-1.0
// The limit of connections to all hosts together.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "client/client_pool.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

ClientLimits limits_of(std::size_t total, std::size_t per_host) {
  ClientLimits limits;
  limits.max_connections = total;
  limits.max_connections_per_host = per_host;
  return limits;
}

/// The far ends of connections, which stay open as long as the test.
class FarEnds {
 public:
  FarEnds() = default;
  FarEnds(const FarEnds&) = delete;
  FarEnds& operator=(const FarEnds&) = delete;
  ~FarEnds() {
    for (const int end : ends_)
      close(end);
  }
  std::unique_ptr<ClientConnection> connect() {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    ends_.push_back(ends[1]);
    return std::make_unique<ClientConnection>(EventLoop::current(), ends[0]);
  }
  std::size_t open() const {
    std::size_t count = 0;
    for (const int end : ends_) {
      char byte = 0;
      count += recv(end, &byte, 1, MSG_PEEK) != 0 ? 1 : 0;
    }
    return count;
  }

 private:
  std::vector<int> ends_;
};

/// Has a connection to `host` for a second, then leaves it to the pool.
Async<void> use(ClientPool& pool, FarEnds& ends, std::string host, std::string& log) {
  Lease lease = co_await pool.host(host).acquire(false);
  log += host + (lease.connection ? "+ " : " ");
  if (!lease.connection) lease.connection = ends.connect();
  co_await sleep(1s);
  lease.give_back();
}

std::vector<Task<void>> use_all(ClientPool& pool, FarEnds& ends, const std::vector<std::string>& hosts,
                                std::string& log) {
  std::vector<Task<void>> tasks;
  tasks.reserve(hosts.size());
  for (const std::string& host : hosts)
    tasks.push_back(create_task(use(pool, ends, host, log)));
  return tasks;
}

/// What the tasks refer to must outlive them.
Async<void> let_all_end(const std::vector<Task<void>>& tasks) {
  co_await sleep(1min);
  for (const Task<void>& task : tasks)
    CHECK(task.done());
}

/// Takes connections of random hosts for random times, some of them in vain.
Async<void> use_at_random(ClientPool& pool, FarEnds& ends, std::minstd_rand& random, std::size_t& served) {
  co_await sleep(std::chrono::milliseconds(random() % 500));
  const std::string host(1, static_cast<char>('a' + random() % 6));
  Lease lease = co_await pool.host(host).acquire(random() % 2 == 0);
  if (!lease.connection) lease.connection = ends.connect();
  co_await sleep(std::chrono::milliseconds(random() % 50));
  ++served;
  if (random() % 3 != 0) lease.give_back();
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("client_pool: above max_connections requests to other hosts wait, one below and at it none does") {
  ClientPool pool(EventLoop::current(), limits_of(3, 2));
  FarEnds ends;
  std::string log;
  const auto tasks = use_all(pool, ends, {"a", "b", "c", "d"}, log);
  co_await sleep(500ms);
  CHECK(log == "a b c ");
  CHECK(pool.slots().taken() == 3);
  CHECK(pool.host("d").waiting() == 1);
  co_await sleep(1s);
  CHECK(log == "a b c d ");
  CHECK(pool.slots().taken() == 3);
  co_await let_all_end(tasks);
}

ASYNC_TEST_CASE(
    "client_pool: a connection given back is closed for a host that waits, and used by one that is its own") {
  ClientPool pool(EventLoop::current(), limits_of(1, 1));
  FarEnds ends;
  std::string log;
  const auto tasks = use_all(pool, ends, {"a", "b", "b"}, log);
  co_await sleep(1500ms);
  CHECK(log == "a b ");
  CHECK(ends.open() == 1);
  CHECK(pool.host_count() == 1);
  co_await sleep(1s);
  CHECK(log == "a b b+ ");
  co_await let_all_end(tasks);
}

ASYNC_TEST_CASE(
    "client_pool: to make room the connection that has been idle for longest is closed, of any other host") {
  ClientPool pool(EventLoop::current(), limits_of(2, 2));
  FarEnds ends;
  std::string log;
  co_await use(pool, ends, "a", log);
  co_await use(pool, ends, "b", log);
  CHECK(ends.open() == 2);
  co_await use(pool, ends, "c", log);
  CHECK(ends.open() == 2);
  co_await use(pool, ends, "b", log);
  co_await use(pool, ends, "a", log);
  CHECK(log == "a b c b+ a ");
  CHECK(pool.slots().taken() == 2);
}

ASYNC_TEST_CASE("client_pool: who waits for its own host is overtaken by later requests to hosts with room") {
  ClientPool pool(EventLoop::current(), limits_of(3, 1));
  FarEnds ends;
  std::string log;
  const auto tasks = use_all(pool, ends, {"a", "a", "a", "b", "c"}, log);
  co_await sleep(500ms);
  CHECK(log == "a b c ");
  co_await sleep(1s);
  CHECK(log == "a b c a+ ");
  co_await sleep(1s);
  CHECK(log == "a b c a+ a+ ");
  co_await let_all_end(tasks);
}

ASYNC_TEST_CASE("client_pool: whoever came first of those whose hosts have room gets the next connection") {
  ClientPool pool(EventLoop::current(), limits_of(2, 1));
  FarEnds ends;
  std::string log;
  // The second "a" came before "c" and "d", and its host has room as soon as the first one is done.
  const auto tasks = use_all(pool, ends, {"a", "b", "a", "c", "d"}, log);
  co_await sleep(1500ms);
  CHECK(log == "a b a+ c ");
  co_await sleep(1s);
  CHECK(log == "a b a+ c d ");
  co_await let_all_end(tasks);
}

ASYNC_TEST_CASE("client_pool: a host whose only waiter gives up is forgotten, and its turn goes to the next") {
  ClientPool pool(EventLoop::current(), limits_of(1, 1));
  FarEnds ends;
  std::string log;
  const auto tasks = use_all(pool, ends, {"a", "b", "c", "c", "c"}, log);
  co_await sleep(500ms);
  CHECK(pool.host_count() == 3);
  tasks[1].cancel();
  CHECK(pool.host_count() == 2);
  tasks[2].cancel();  // the second "c" may have the next connection now
  co_await sleep(1s);
  CHECK(log == "a c ");
  co_await sleep(1s);
  CHECK(log == "a c c+ ");
  co_await let_all_end(tasks);
}

ASYNC_TEST_CASE("client_pool: connections that expire or that the pool closes leave room") {
  ClientPool pool(EventLoop::current(), limits_of(2, 2));
  FarEnds ends;
  std::string log;
  co_await use(pool, ends, "a", log);
  CHECK(pool.slots().taken() == 1);
  co_await sleep(1min);
  CHECK(pool.slots().taken() == 0);
  co_await use(pool, ends, "a", log);
  pool.close();
  CHECK(pool.slots().taken() == 0);
  co_await use(pool, ends, "a", log);
  CHECK(pool.slots().taken() == 0);
  CHECK(ends.open() == 0);
}

ASYNC_TEST_CASE("client_pool: at random the limits hold, nobody is forgotten and no slot is lost") {
  ClientPool pool(EventLoop::current(), limits_of(5, 2));
  FarEnds ends;
  std::minstd_rand random(7);
  std::size_t served = 0;
  std::size_t cancelled = 0;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 400; ++i)
    tasks.push_back(create_task(use_at_random(pool, ends, random, served)));
  for (int step = 0; step < 400; ++step) {
    co_await sleep(1ms);
    CHECK(pool.slots().taken() <= 5);
    CHECK(ends.open() <= 5);
    if (step % 7 == 0) tasks[random() % tasks.size()].cancel();
  }
  co_await sleep(10min);
  for (const Task<void>& task : tasks) {
    CHECK(task.done());
    cancelled += task.cancelled() ? 1 : 0;
  }
  CHECK(served + cancelled == 400);
  CHECK(cancelled > 0);
  CHECK(pool.slots().taken() == 0);
  CHECK(pool.host_count() == 0);
}

TEST_SUITE_END();

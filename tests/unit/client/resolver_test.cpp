// SPDX-License-Identifier: BSL-1.0
#include "client/resolver.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

std::atomic<int> calls{0};
std::atomic<bool> blocked{false};

/// Stands for getaddrinfo: waits as long as the test wants, and knows no host whose name begins with "no".
Resolution fake_resolve(const std::string& host) {
  calls.fetch_add(1);
  blocked.wait(true);
  Resolution result;
  if (host.starts_with("no")) {
    result.error = "no such host";
  } else {
    result.addresses.push_back(*SocketAddress::parse("192.0.2.7"));
  }
  return result;
}

/// Holds `fake_resolve` back while it lives.
class Blockade {
 public:
  Blockade() { blocked = true; }
  ~Blockade() { lift(); }
  Blockade(const Blockade&) = delete;
  Blockade& operator=(const Blockade&) = delete;
  void lift() {
    blocked = false;
    blocked.notify_all();
  }
};

Async<std::string> resolve_text(Resolver& resolver, std::string host) {
  const ResolutionRef result = co_await resolver.resolve(host);
  co_return result->error.empty() ? result->addresses.front().with_port(80).to_string() : result->error;
}

/// Not inside an assertion: g++ 12 can't await in the condition of an if.
template <Awaitable A>
Async<void> expect(A awaitable, std::string expected) {
  const std::string text = co_await std::move(awaitable);
  CHECK(text == expected);
}

Async<void> resolve_and_wait(Resolver& resolver) {
  co_await resolver.resolve("slow");
}

/// A resolver that ends with its loop, as those of clients do.
Resolver& resolver_of(EventLoop& loop, ThreadPool& pool) {
  auto resolver = std::make_unique<Resolver>(loop, pool, &fake_resolve);
  Resolver& result = *resolver;
  loop.set_local(&calls, std::move(resolver));
  return result;
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("resolver: a result is remembered for ten seconds, a failure not at all") {
  ThreadPool pool({.threads = 1});
  Resolver resolver(EventLoop::current(), pool, &fake_resolve);
  calls = 0;
  co_await expect(resolve_text(resolver, "host"), "192.0.2.7:80");
  co_await sleep(10s - 1ms);
  co_await expect(resolve_text(resolver, "host"), "192.0.2.7:80");
  CHECK(calls == 1);
  co_await sleep(1ms);
  co_await expect(resolve_text(resolver, "host"), "192.0.2.7:80");
  CHECK(calls == 2);
  co_await expect(resolve_text(resolver, "nohost"), "no such host");
  co_await expect(resolve_text(resolver, "nohost"), "no such host");
  CHECK(calls == 4);
  CHECK(resolver.entries() == 1);
}

ASYNC_TEST_CASE("resolver: forget makes it ask again") {
  ThreadPool pool({.threads = 1});
  Resolver resolver(EventLoop::current(), pool, &fake_resolve);
  calls = 0;
  co_await expect(resolve_text(resolver, "host"), "192.0.2.7:80");
  resolver.forget("host");
  resolver.forget("never heard of");
  co_await expect(resolve_text(resolver, "host"), "192.0.2.7:80");
  CHECK(calls == 2);
}

ASYNC_TEST_CASE("resolver: all who ask for a name while it is looked up share one lookup") {
  ThreadPool pool({.threads = 4});
  Resolver resolver(EventLoop::current(), pool, &fake_resolve);
  calls = 0;
  Blockade blockade;
  std::vector<Task<std::string>> tasks;
  for (int i = 0; i < 20; ++i)
    tasks.push_back(create_task(resolve_text(resolver, "host")));
  const Task<std::string> failing = create_task(resolve_text(resolver, "nohost"));
  co_await sleep(0s);
  blockade.lift();
  for (const Task<std::string>& task : tasks) {
    const std::string text = co_await task;
    CHECK(text == "192.0.2.7:80");
  }
  co_await expect(failing, "no such host");
  CHECK(calls == 2);
}

ASYNC_TEST_CASE("resolver: who is cancelled leaves at once; the lookup goes on for the others and is remembered") {
  ThreadPool pool({.threads = 1});
  Resolver resolver(EventLoop::current(), pool, &fake_resolve);
  calls = 0;
  Blockade blockade;
  const Task<std::string> leaving = create_task(resolve_text(resolver, "host"));
  const Task<std::string> staying = create_task(resolve_text(resolver, "host"));
  co_await sleep(0s);
  leaving.cancel();
  co_await sleep(0s);
  CHECK(leaving.cancelled());
  CHECK_FALSE(staying.done());
  blockade.lift();
  co_await expect(staying, "192.0.2.7:80");
  co_await expect(resolve_text(resolver, "host"), "192.0.2.7:80");
  CHECK(calls == 1);
}

ASYNC_TEST_CASE("resolver: a full queue of lookups is an error at once") {
  ThreadPool pool({.threads = 1, .max_queued = 1});
  Resolver resolver(EventLoop::current(), pool, &fake_resolve);
  calls = 0;
  Blockade blockade;
  const Task<std::string> running = create_task(resolve_text(resolver, "one"));
  co_await sleep(0s);
  while (calls == 0)
    std::this_thread::yield();
  const Task<std::string> queued = create_task(resolve_text(resolver, "two"));
  co_await sleep(0s);
  co_await expect(resolve_text(resolver, "three"), "too many lookups are in progress");
  CHECK(resolver.entries() == 2);
  blockade.lift();
  co_await expect(running, "192.0.2.7:80");
  co_await expect(queued, "192.0.2.7:80");
  co_await expect(resolve_text(resolver, "three"), "192.0.2.7:80");
}

ASYNC_TEST_CASE("resolver: remembers max_entries names and not one more") {
  ThreadPool pool({.threads = 1});
  Resolver resolver(EventLoop::current(), pool, &fake_resolve);
  for (std::size_t i = 0; i < Resolver::max_entries; ++i)
    co_await resolve_and_wait(resolver);
  CHECK(resolver.entries() == 1);
  for (std::size_t i = 1; i < Resolver::max_entries; ++i)
    co_await resolver.resolve("host" + std::to_string(i));
  CHECK(resolver.entries() == Resolver::max_entries);
  co_await resolver.resolve("one more");
  CHECK(resolver.entries() == Resolver::max_entries);
  co_await sleep(10s);
  co_await resolver.resolve("after all have expired");
  CHECK(resolver.entries() == 1);
}

TEST_CASE("resolver: a lookup may outlive those who asked, the resolver and the loop") {
  ThreadPool pool({.threads = 1});
  calls = 0;
  Blockade blockade;
  {
    EventLoop loop;
    Resolver& resolver = resolver_of(loop, pool);
    const Task<void> task = create_task_on(loop, resolve_and_wait(resolver));
    loop.call_later(5ms, [&] { loop.stop(); });
    loop.run();
    loop.cancel_all_tasks();
    CHECK(task.cancelled());
  }
  blockade.lift();  // the thread goes on now; the pool waits for it
}

TEST_CASE("resolver: results that arrive while the loop ends are harmless") {
  ThreadPool pool({.threads = 2});
  for (int i = 0; i < 200; ++i) {
    EventLoop loop;
    Resolver& resolver = resolver_of(loop, pool);
    const Task<void> task = create_task_on(loop, resolve_and_wait(resolver));
    loop.call_soon([&] { loop.stop(); });
    loop.run();
    loop.cancel_all_tasks();
    CHECK(task.done());
  }
}

ASYNC_TEST_CASE("resolver: getaddrinfo's answers are addresses or a sentence") {
  const Resolution numeric = resolve_with_getaddrinfo("127.0.0.1");
  REQUIRE(numeric.addresses.size() == 1);
  CHECK(numeric.addresses[0].with_port(1).to_string() == "127.0.0.1:1");
  const Resolution bad = resolve_with_getaddrinfo("a..b");
  CHECK(bad.addresses.empty());
  CHECK_FALSE(bad.error.empty());
  co_return;
}

TEST_SUITE_END();

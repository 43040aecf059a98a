// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include "coroute/coroute.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct User {
  std::string name;
};
struct Orders {
  int open = 0;
};

Async<User> load_user(int) {
  co_await sleep(40ms);
  co_return User{"Ada"};
}
Async<Orders> load_orders(int) {
  co_await sleep(50ms);
  co_return Orders{2};
}
Async<double> load_rate(std::string) {
  co_await sleep(30ms);
  co_return 1.1;
}
std::string render(const User& user, const Orders& orders, double) {
  return user.name + " has " + std::to_string(orders.open) + " open orders";
}

// [slow]
Async<std::string> dashboard_slow(int id) {
  const User user = co_await load_user(id);        // 40 ms
  const Orders orders = co_await load_orders(id);  // 50 ms
  const double rate = co_await load_rate("EUR");   // 30 ms
  co_return render(user, orders, rate);            // CPU: 20 ms, say
}
// [/slow]

// [fast]
Semaphore rate_slots{20};  // the rate service answers 20 at a time

/// Asked for by everybody and changes once a minute: fetched once a minute.
class RateCache {
 public:
  Async<double> get() {
    const LockGuard guard = co_await lock_.acquire();  // the first one fetches, the others wait for it
    const Clock::time_point now = EventLoop::current().time();
    if (!rate_ || now >= good_until_) {
      const Permit slot = co_await rate_slots.acquire();
      rate_ = co_await timeout(100ms, load_rate("EUR"));
      good_until_ = now + 1min;
    }
    co_return *rate_;
  }

 private:
  Lock lock_;
  std::optional<double> rate_;
  Clock::time_point good_until_;
};

Async<std::string> dashboard_fast(int id, RateCache& rates) {
  const auto parts = co_await gather(load_user(id), load_orders(id), rates.get());  // 50 ms, not 120
  const auto& [user, orders, rate] = parts;
  co_return co_await to_thread(render, user, orders, rate);  // the loop serves others meanwhile
}
// [/fast]

}  // namespace

ASYNC_TEST_CASE("guide: the endpoint takes as long as its slowest part, not as the sum") {
  auto began = EventLoop::current().time();
  const std::string slow = co_await dashboard_slow(1);
  CHECK(EventLoop::current().time() - began == 120ms);
  RateCache rates;
  began = EventLoop::current().time();
  const std::string fast = co_await dashboard_fast(1, rates);
  CHECK(EventLoop::current().time() - began == 50ms);
  CHECK(fast == slow);
}

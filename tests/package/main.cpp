// SPDX-License-Identifier: BSL-1.0
#include <coroute/asio.hpp>
#include <coroute/coroute.hpp>

using namespace coroute;
using namespace std::chrono_literals;

Async<int> twice(int number) {
  co_await sleep(1ms);
  AsioTimer timer(asio_context(), 1ms);
  co_await timer.async_wait();
  co_return number * 2;
}

int main() {
  App app;
  app.get("/", [] { return "installed"; });
  const Handler handler = std::move(app).handler();
  return handler && run(twice(21)) == 42 ? 0 : 1;
}

// SPDX-License-Identifier: BSL-1.0
// A snippet of framework/asyncio.md, run as it stands.
// [hello]
#include <coroute/coroute.hpp>
#include <cstdio>

using namespace coroute;
using namespace std::chrono_literals;

Async<void> say_after(Clock::duration delay, std::string text) {
  co_await sleep(delay);
  std::puts(text.c_str());
}

Async<void> hello() {
  co_await gather(say_after(20ms, "world"), say_after(10ms, "hello"));
}

int main() {
  run(hello());  // makes an event loop, runs hello() on it, cleans up
}
// [/hello]

// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/shutdown.hpp"

#include <memory>

#include "coroute/asyncio/event_loop.hpp"

namespace coroute {
namespace {

const int notice_key = 0;

struct Notice final : detail::LoopLocal {
  Event announced;
};

Notice* find_notice(const EventLoop& loop) noexcept {
  return static_cast<Notice*>(loop.local(&notice_key));
}

Notice& notice_of(EventLoop& loop) {
  if (Notice* const found = find_notice(loop)) return *found;
  auto made = std::make_unique<Notice>();
  Notice& notice = *made;
  loop.set_local(&notice_key, std::move(made));
  return notice;
}

}  // namespace

detail::EventWait shutdown_requested() {
  return notice_of(EventLoop::current()).announced.wait();
}

bool is_shutdown_requested() noexcept {
  const EventLoop* const loop = EventLoop::current_or_null();
  const Notice* const notice = loop ? find_notice(*loop) : nullptr;
  return notice && notice->announced.is_set();
}

void detail::announce_shutdown(EventLoop& loop) {
  notice_of(loop).announced.set();
}

}  // namespace coroute

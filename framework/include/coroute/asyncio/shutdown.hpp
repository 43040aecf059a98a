// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How what runs for long learns that the service is about to end.
///
///     auto news = co_await race(queue.get(), shutdown_requested());
///     if (news.index() == 1) co_return;
#include "coroute/asyncio/event.hpp"

namespace coroute {

class EventLoop;

/// `co_await shutdown_requested();` waits until the server that this loop belongs to has been told to stop: it drains
/// then, and cancels what still runs at its drain time-out. Returns at once from then on. RuntimeError outside of a
/// loop.
detail::EventWait shutdown_requested();

/// Without waiting; false outside of a loop.
bool is_shutdown_requested() noexcept;

namespace detail {

/// By whoever runs the loop, on its thread.
void announce_shutdown(EventLoop& loop);

}  // namespace detail
}  // namespace coroute

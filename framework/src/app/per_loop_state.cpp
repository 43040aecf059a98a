// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/per_loop_state.hpp"

namespace coroute::detail {

LoopLocal* find_loop_value(const std::shared_ptr<const void>& key) {
  return EventLoop::current().local(key.get());
}

void keep_loop_value(const std::shared_ptr<const void>& key, std::unique_ptr<LoopLocal> value) {
  EventLoop::current().set_local(key.get(), std::move(value));
}

}  // namespace coroute::detail

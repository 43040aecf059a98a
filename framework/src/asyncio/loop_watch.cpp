// SPDX-License-Identifier: BSL-1.0
#include "loop_watch.hpp"

#include <utility>

namespace coroute::detail {

std::vector<LoopWatch::Blocked> LoopWatch::look(const std::vector<LoopProgress>& loops, Clock::time_point now) {
  std::vector<Blocked> blocked;
  std::map<std::uint64_t, Seen> seen;
  for (const LoopProgress& loop : loops) {
    if (loop.thread == 0 || loop.waiting) continue;
    const auto before = seen_.find(loop.number);
    const bool stands = before != seen_.end() && before->second.turns == loop.turns;
    Seen& here = seen.emplace(loop.number, stands ? before->second : Seen{loop.turns, now, limit_}).first->second;
    const Clock::duration time = now - here.since;
    if (time < here.report_at) continue;
    here.report_at = 2 * time;
    blocked.push_back({loop, time});
  }
  seen_ = std::move(seen);
  return blocked;
}

}  // namespace coroute::detail

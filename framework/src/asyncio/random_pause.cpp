// SPDX-License-Identifier: BSL-1.0
#include "random_pause.hpp"

#include <random>

namespace coroute::detail {

Clock::duration random_pause(Clock::duration longest) {
  thread_local std::minstd_rand random(std::random_device{}());
  return Clock::duration(std::uniform_int_distribution<Clock::rep>(0, longest.count())(random));
}

}  // namespace coroute::detail

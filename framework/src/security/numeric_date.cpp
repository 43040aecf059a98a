// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/numeric_date.hpp"

#include <cmath>

namespace coroute {
namespace {

/// Within what a sys_time of nanoseconds can be: years 1678 to 2261.
constexpr double max_seconds = 9.2e9;

}  // namespace

void Codec<NumericDate>::read(JsonReader& in, NumericDate& out, const detail::Rules& rules, const detail::Loc& at,
                              detail::Problems& problems) {
  const std::size_t begin = in.offset();
  double seconds = 0;
  if (!detail::read_real(in, seconds, rules, at, problems)) return;
  if (!(std::abs(seconds) <= max_seconds)) {
    detail::add_out_of_range(at, problems, in.text(begin), true);
    return;
  }
  out = std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/compare_digest.hpp"

#include "crypto/digest.hpp"

namespace coroute {

bool compare_digest(std::string_view a, std::string_view b) noexcept {
  return detail::equal_in_constant_time(a, b);
}

}  // namespace coroute

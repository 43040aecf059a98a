// SPDX-License-Identifier: BSL-1.0
// expect: items are handed from task to task by moving, which must not throw
#include "coroute/coroute.hpp"

using namespace coroute;

struct Heavy {
  explicit Heavy(std::string text) : text(std::move(text)) {}
#ifdef CORRECT
  Heavy(Heavy&&) noexcept = default;
#else
  Heavy(const Heavy& other) : text(other.text) {}
#endif
  std::string text;
};

std::size_t count() {
  return Queue<Heavy>().size();  // MISTAKE
}

// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/result.hpp"

#include "coroute/asyncio/errors.hpp"

namespace coroute::detail {

void throw_result_error(const std::exception_ptr& error) {
  std::rethrow_exception(error);
}

bool is_cancellation(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which requests only read (RFC 9110 section 9.2.1).
#include "coroute/http/method.hpp"

namespace coroute::detail {

constexpr bool is_safe(Method method) noexcept {
  return method == Method::Get || method == Method::Head || method == Method::Options || method == Method::Trace;
}

}  // namespace coroute::detail

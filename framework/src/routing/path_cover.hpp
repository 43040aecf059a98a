// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Whether one pattern makes a later one unreachable.

#include "coroute/routing/path_pattern.hpp"

namespace coroute::detail {

/// True: `earlier` matches every path that `later` matches. False: it doesn't, or that is not simple to tell.
[[nodiscard]] bool covers(const PathPattern& earlier, const PathPattern& later);

}  // namespace coroute::detail

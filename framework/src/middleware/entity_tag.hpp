// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Names for bodies.
#include <string>
#include <string_view>

namespace coroute::detail {

/// Of the bytes of a body, with its quotes.
std::string entity_tag_of(std::string_view body, bool weak);

}  // namespace coroute::detail

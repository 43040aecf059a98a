// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which fields belong to the opening handshake, and so are nobody else's to set.
#include <algorithm>
#include <array>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

inline bool is_handshake_field(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 7> fields{"connection",
                                                   "upgrade",
                                                   "sec-websocket-key",
                                                   "sec-websocket-version",
                                                   "sec-websocket-accept",
                                                   "sec-websocket-protocol",
                                                   "sec-websocket-extensions"};
  return std::any_of(fields.begin(), fields.end(), [&](std::string_view each) { return iequals(each, name); });
}

}  // namespace coroute::detail

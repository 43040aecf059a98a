// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which fields of a response are not the handler's to say.
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Framing is the server's: what a handler sets of these is left out. `connection: close` is heard: the server says it
/// itself.
inline bool is_framing_field(std::string_view name) noexcept {
  switch (name.size()) {
    case 4:
      return iequals(name, "date");
    case 10:
      return iequals(name, "connection");
    case 14:
      return iequals(name, "content-length");
    case 17:
      return iequals(name, "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace coroute::detail

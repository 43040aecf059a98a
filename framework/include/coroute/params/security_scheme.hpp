// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How documents describe a way to authenticate.
#include <string>

namespace coroute {

/// An entry of `securitySchemes`.
struct SecurityScheme {
  std::string name = {};  ///< "HTTPBearer"
  std::string json = {};  ///< The scheme object: {"type":"http","scheme":"bearer"}
};

}  // namespace coroute

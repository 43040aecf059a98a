// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The model of POST /items: checked field by field, then echoed.
#include <string>

#include "coroute/json.hpp"

namespace loadtarget {

/// The validated item as it is to be echoed; HttpException 422 with every error, in FastAPI's shape, when it is not
/// one.
coroute::Json check_item(coroute::Json item);

}  // namespace loadtarget

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Builds the InvalidValue of the error kinds that several scalar types share.

#include <string>
#include <string_view>
#include "coroute/params/invalid_value.hpp"

namespace coroute::detail {

/// An error without ctx. `type` must be a literal.
InvalidValue invalid(std::string_view type, std::string_view message);

/// pydantic's usual form: message "`prefix`, `detail`", ctx `{"<member>":"<detail>"}`.
InvalidValue invalid_because(std::string_view type, std::string_view prefix, std::string_view detail,
                             std::string_view member = "error");

InvalidValue not_finite();

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The JSON body of a request as one value or several.
#include <span>
#include <string_view>

#include "coroute/params/parameter.hpp"

namespace coroute::detail {

/// A value that a body is to fill in; `out` has its default.
struct BodyTarget {
  const ParameterInfo* info;
  void* out;
};

/// `embedded`: the targets are members of an object, by their names; else there is one, which is the body. What is
/// wrong with the values goes to `problems`. Throws RequestValidationError for what is no JSON, HttpException 400 for
/// what is not UTF-8.
void decode_body(std::string_view text, std::string_view content_type, std::span<const BodyTarget> targets,
                 bool embedded, Problems& problems);

/// Throws what decode_body would, before the values are known.
void check_body(std::string_view text, std::string_view content_type);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Why one value of a request was refused: a row of the 422 answer without its place and its input.

#include <string>
#include <string_view>

namespace coroute {

/// What is wrong with one value, in pydantic's words.
struct InvalidValue {
  std::string_view type;  ///< "int_parsing"; a literal.
  std::string message;    ///< "Input should be a valid integer, unable to parse string as an integer"
  std::string context;    ///< The members of `ctx` as a JSON object, `{"error":"..."}`; empty: no ctx.
};

}  // namespace coroute

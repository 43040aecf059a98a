// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How a codec says that a value is not good.
#include <cstddef>
#include <string_view>
#include <utility>

#include "coroute/params/json_reader.hpp"
#include "coroute/params/problems.hpp"

namespace coroute::detail {

/// The value that is looked at: JSON as the client wrote it, or the text of a parameter.
struct Input {
  std::string_view text;
  bool is_json;
};

inline bool refuse(const Loc& at, Problems& problems, InvalidValue problem, Input input) {
  if (input.is_json) {
    problems.add(at, std::move(problem), input.text);
  } else {
    problems.add_text(at, std::move(problem), input.text);
  }
  return false;
}

/// Consumes a value of another kind than was wanted.
inline bool refuse_kind(JsonReader& in, std::size_t begin, const Loc& at, Problems& problems,
                        const InvalidValue& problem) {
  in.skip();
  return refuse(at, problems, problem, {in.text(begin), true});
}

}  // namespace coroute::detail

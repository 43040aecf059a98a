// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How JsonReader refuses a text.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/params/json_reader.hpp"

namespace coroute::testing {

struct JsonFailure {
  std::size_t offset = 0;
  JsonParseError::Kind kind = JsonParseError::Kind::Syntax;
  std::string what;
};

template <class Function>
std::optional<JsonFailure> failure_of(const Function& function) {
  try {
    function();
    return std::nullopt;
  } catch (const JsonParseError& error) {
    return JsonFailure{error.offset(), error.kind(), error.what()};
  }
}

inline std::optional<JsonFailure> failure_of_skipping(std::string_view text, const JsonLimits& limits = {}) {
  return failure_of([&] {
    JsonReader reader(text, limits);
    reader.skip();
    reader.finish();
  });
}

inline bool is_refused(std::string_view text, const JsonLimits& limits = {}) {
  return failure_of_skipping(text, limits).has_value();
}

inline std::string nested_arrays(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

inline std::string nested_objects(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += R"({"a":)";
  return text + "0" + std::string(depth, '}');
}

}  // namespace coroute::testing

// SPDX-License-Identifier: BSL-1.0
#include "params/declared_json.hpp"

#include <stdexcept>

namespace coroute::detail {

Json parse_object(std::string_view text, const std::string& what) {
  Json value;
  try {
    value = parse_json(text);
  } catch (const JsonParseError& error) {
    throw std::invalid_argument(what + " is not JSON: " + error.what());
  }
  if (!value.is_object()) throw std::invalid_argument(what + " is not a JSON object");
  return value;
}

}  // namespace coroute::detail

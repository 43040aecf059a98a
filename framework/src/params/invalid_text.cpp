// SPDX-License-Identifier: BSL-1.0
#include "invalid_text.hpp"

#include "coroute/http/json_quoted.hpp"

namespace coroute::detail {

InvalidValue invalid(std::string_view type, std::string_view message) {
  return {type, std::string(message), {}};
}

InvalidValue invalid_because(std::string_view type, std::string_view prefix, std::string_view detail,
                             std::string_view member) {
  std::string message(prefix);
  // "value is not a valid email address: " brings its own end.
  if (!prefix.ends_with(' ')) message += ", ";
  message += detail;
  return {type, std::move(message), "{" + json_quoted(member) + ":" + json_quoted(detail) + "}"};
}

InvalidValue not_finite() {
  return invalid("finite_number", "Input should be a finite number");
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/json_value.hpp"

#include "coroute/params/json_reader.hpp"
#include "http/json_error.hpp"

namespace coroute::detail {

void read_json_value(std::string_view text, void* out, const TypeOperations& type) {
  Problems problems;
  try {
    JsonReader in(text);
    const Loc root{nullptr, "value"};
    type.read(in, out, no_rules, root, problems);
    in.finish();
  } catch (const JsonParseError& error) {
    throw ValidationError({json_invalid(text, error, {})});
  }
  if (problems.empty()) return;
  std::vector<ErrorDetail> errors = problems.take();
  for (ErrorDetail& error : errors)
    error.loc.erase(error.loc.begin());
  throw ValidationError(std::move(errors));
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "object_fields.hpp"

#include <stdexcept>
#include <string>

#include "coroute/json.hpp"

namespace coroute::detail {
namespace {

void append_field(QueryParams& fields, const std::string& name, const Json& value) {
  if (value.is_null()) return;
  if (value.is_structured()) {
    throw std::invalid_argument("the field '" + name +
                                "' is no text and no list of texts: a query or form can't have it");
  }
  fields.add(name, value.is_string() ? value.get<std::string>() : to_json_text(value));
}

}  // namespace

void append_fields(QueryParams& fields, std::string_view object) {
  const Json members = parse_json(object);
  for (const auto& [name, value] : members.items()) {
    if (!value.is_array()) {
      append_field(fields, name, value);
      continue;
    }
    for (const Json& item : value)
      append_field(fields, name, item);
  }
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "openapi/document_context.hpp"

namespace coroute::detail {

void merge(Json& into, const Json& from) {
  for (const auto& [key, value] : from.items()) {
    const auto found = into.find(key);
    if (found == into.end()) {
      into[key] = value;
    } else if (found->is_object() && value.is_object()) {
      merge(*found, value);
    } else if (found->is_array() && value.is_array()) {
      found->insert(found->end(), value.begin(), value.end());
    } else {
      *found = value;
    }
  }
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/media_type.hpp"

#include "coroute/http/headers.hpp"

namespace coroute {

bool is_json_media_type(std::string_view content_type) noexcept {
  if (content_type == "application/json") [[likely]]
    return true;
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  if (iequals(type, "application/json")) return true;
  constexpr std::string_view prefix = "application/";
  constexpr std::string_view suffix = "+json";
  return type.size() > prefix.size() + suffix.size() && iequals(type.substr(0, prefix.size()), prefix) &&
         iequals(type.substr(type.size() - suffix.size()), suffix);
}

}  // namespace coroute

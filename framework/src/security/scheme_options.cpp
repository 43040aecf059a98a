// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/scheme_options.hpp"

#include "coroute/http/json_quoted.hpp"

namespace coroute::detail {

SecurityScheme make_scheme(std::string_view class_name, std::string_view type, const SchemeOptions& options,
                           const std::string& members) {
  std::string json = "{\"type\":" + json_quoted(type);
  if (!options.description.empty()) json += ",\"description\":" + json_quoted(options.description);
  return {std::string(options.name.empty() ? class_name : options.name), json + "," + members + "}"};
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "vary.hpp"

#include <string>

namespace coroute::detail {

void add_vary(Headers& headers, std::string_view name) {
  if (headers.has_token("vary", name)) return;
  std::string all;
  for (const std::string_view names : headers.get_all("vary"))
    all.append(names).append(", ");
  headers.set("vary", all.append(name));
}

}  // namespace coroute::detail

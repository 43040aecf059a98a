// SPDX-License-Identifier: BSL-1.0
#include "coroute/tls/connection.hpp"

#include <algorithm>

namespace coroute {

std::string_view ClientCertificate::alt_name(std::string_view kind) const noexcept {
  const auto found = std::find_if(subject_alt_names.begin(), subject_alt_names.end(),
                                  [&](const auto& name) { return name.first == kind; });
  return found == subject_alt_names.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/oauth2_form.hpp"

#include <algorithm>

namespace coroute {

std::vector<std::string> OAuth2PasswordRequestForm::scopes() const {
  const std::string& list = *scope;
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(' ', begin), list.size());
    if (end > begin) all.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#include "request_url.hpp"

namespace coroute::detail {

std::string host_name(const Request& request) {
  const std::string_view host = request.host();
  const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
  std::string name(host.substr(0, end));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return name;
}

std::string request_url(const Request& request, std::string_view scheme, std::string_view authority) {
  std::string url(scheme);
  url.append("://").append(authority).append(request.root_path()).append(request.path());
  if (!request.query_string().empty()) url.append("?").append(request.query_string());
  return url;
}

}  // namespace coroute::detail

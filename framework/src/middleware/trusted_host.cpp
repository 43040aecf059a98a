// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/trusted_host.hpp"

#include <algorithm>
#include <stdexcept>

#include "middleware/request_url.hpp"

namespace coroute {
namespace {

bool matches(const std::string& pattern, const std::string& host) {
  if (!pattern.starts_with('*')) return iequals(pattern, host);
  const std::string_view ending = std::string_view(pattern).substr(1);
  return host.size() >= ending.size() && iequals(std::string_view(host).substr(host.size() - ending.size()), ending);
}

}  // namespace

TrustedHostMiddleware::TrustedHostMiddleware(TrustedHostOptions options) {
  for (const std::string& pattern : options.allowed_hosts) {
    const std::size_t star = pattern.rfind('*');
    if (star == std::string::npos || pattern == "*" || (star == 0 && pattern.starts_with("*."))) continue;
    throw std::invalid_argument("Domain wildcard patterns must be like '*.example.com', not '" + pattern + "'.");
  }
  options_ = std::make_shared<const TrustedHostOptions>(std::move(options));
}

Async<Response> TrustedHostMiddleware::operator()(Request& request, const Handler& next) const {
  const std::string host = detail::host_name(request);
  const auto is_allowed = [&](const std::string& name) {
    return std::any_of(options_->allowed_hosts.begin(), options_->allowed_hosts.end(),
                       [&](const std::string& pattern) { return matches(pattern, name); });
  };
  if (is_allowed(host)) return next(request);
  const std::string www = "www." + host;
  const auto& allowed = options_->allowed_hosts;
  const auto is_www = [&](const std::string& pattern) { return iequals(pattern, www); };
  if (options_->www_redirect && std::any_of(allowed.begin(), allowed.end(), is_www)) {
    const std::string authority = "www." + std::string(request.host());
    return Async<Response>::ready(redirect(detail::request_url(request, request.scheme(), authority)));
  }
  return Async<Response>::ready(text("Invalid host header", Status::BadRequest));
}

}  // namespace coroute

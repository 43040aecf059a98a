// SPDX-License-Identifier: BSL-1.0
#include "backends.hpp"

#include <stdexcept>

#include "coroute/http/http_exception.hpp"

namespace gateway {
namespace {

coroute::UpstreamOptions upstream_options(const std::string& name, std::vector<std::string> addresses,
                                          const BackendSettings& settings) {
  coroute::UpstreamOptions options;
  options.name = name;
  options.addresses = std::move(addresses);
  options.concurrency.limit = settings.slots;
  options.concurrency.max_queue = settings.queue;
  options.client.timeout.total = settings.timeout;
  options.client.retries.statuses = {429, 502, 503, 504};
  return options;
}

/// What stands between the separators.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Backend::Backend(std::string backend_name, std::vector<std::string> addresses, const BackendSettings& settings)
    : name(std::move(backend_name)),
      url(addresses.front()),
      timeout(settings.timeout),
      upstream(upstream_options(name, std::move(addresses), settings)) {}

coroute::Url Backend::url_of(std::string_view path) const {
  std::string_view base = url;
  while (base.ends_with('/'))
    base.remove_suffix(1);
  try {
    if (path.starts_with('/')) return coroute::Url::parse(std::string(base).append(path));
  } catch (const std::invalid_argument&) {
  }
  throw coroute::HttpException(422, "a path begins with '/' and holds only what a URL may: escape the rest");
}

Backends::Backends(const std::vector<std::string>& definitions, const BackendSettings& settings) {
  for (const std::string& definition : definitions) {
    const std::size_t equals = definition.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == definition.size()) {
      throw std::invalid_argument("--backend takes name=url, as in inventory=http://inventory:8000, not " + definition);
    }
    std::string name = definition.substr(0, equals);
    if (name.find_first_of(":/?#&") != std::string::npos) {
      throw std::invalid_argument("the name of a backend has none of : / ? # &, unlike " + name);
    }
    auto backend = std::make_unique<Backend>(name, split(definition.substr(equals + 1), '|'), settings);
    if (!backends_.emplace(name, std::move(backend)).second) {
      throw std::invalid_argument("two backends have the name " + name);
    }
  }
  if (backends_.empty()) throw std::invalid_argument("the gateway needs a backend");
}

Backend* Backends::find(std::string_view name) const {
  const auto found = backends_.find(name);
  return found == backends_.end() ? nullptr : found->second.get();
}

}  // namespace gateway

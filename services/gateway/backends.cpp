// SPDX-License-Identifier: BSL-1.0
#include "backends.hpp"

#include <stdexcept>

#include "coroute/http/http_exception.hpp"

namespace gateway {

Backend::Backend(std::string backend_name, std::string backend_url, const BackendSettings& settings)
    : name(std::move(backend_name)),
      url(std::move(backend_url)),
      client({.base_url = url, .timeout = {.total = settings.timeout}}),
      slots(settings.slots),
      slot_count(settings.slots),
      timeout(settings.timeout) {}

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
    auto backend = std::make_unique<Backend>(name, definition.substr(equals + 1), settings);
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

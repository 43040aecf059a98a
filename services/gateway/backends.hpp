// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The backends that the gateway may call, by name; clients never name a URL.
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/client/upstream.hpp"
#include "coroute/http/url.hpp"
#include "last_answers.hpp"

namespace gateway {

struct BackendSettings {
  std::size_t slots = 10;                    ///< Calls to one backend at the same time, over all loops.
  std::size_t queue = 1000;                  ///< Calls that wait for a slot.
  std::chrono::milliseconds timeout{2'000};  ///< Of one call, waiting for a slot included.
};

/// One service behind the gateway, at one address or several.
struct Backend {
  Backend(std::string name, std::vector<std::string> addresses, const BackendSettings& settings);

  /// At the first address. HttpException 422 when the path doesn't begin with "/" or holds what no URL may.
  coroute::Url url_of(std::string_view path) const;

  std::string name;
  std::string url;  ///< The first address.
  std::chrono::milliseconds timeout;
  coroute::Upstream upstream;
  LastAnswers last_answers;
};

/// Filled before serving; then used by all loops at once.
class Backends {
 public:
  /// Each is `name=url`, or `name=url|url` for one at several addresses. std::invalid_argument with a sentence for
  /// anything else, and for a name given twice.
  Backends(const std::vector<std::string>& definitions, const BackendSettings& settings);

  /// Null when there is none of that name.
  Backend* find(std::string_view name) const;
  Backend& first() const { return *backends_.begin()->second; }
  auto begin() const { return backends_.begin(); }
  auto end() const { return backends_.end(); }

 private:
  std::map<std::string, std::unique_ptr<Backend>, std::less<>> backends_;
};

}  // namespace gateway

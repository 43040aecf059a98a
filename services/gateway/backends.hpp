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

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/client/client.hpp"
#include "coroute/http/url.hpp"

namespace gateway {

struct BackendSettings {
  std::size_t slots = 10;                    ///< Calls to one backend at the same time, over all loops.
  std::chrono::milliseconds timeout{2'000};  ///< Of one call, waiting for a slot included.
};

struct Backend {
  Backend(std::string name, std::string url, const BackendSettings& settings);

  /// HttpException 422 when the path doesn't begin with "/" or holds what no URL may.
  coroute::Url url_of(std::string_view path) const;

  std::string name;
  std::string url;
  coroute::Client client;
  coroute::Semaphore slots;
  std::size_t slot_count;
  std::chrono::milliseconds timeout;
};

/// Filled before serving; then used by all loops at once.
class Backends {
 public:
  /// Each is `name=url`. std::invalid_argument with a sentence for anything else, and for a name given twice.
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

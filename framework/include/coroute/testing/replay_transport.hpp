// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `ReplayTransport`: answers from what a RecordingTransport has written.
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coroute/client/transport.hpp"

namespace coroute {

namespace detail {
class Cassette;
}

struct ReplayOptions {
  bool match_body = true;      ///< A request is one of the file only with the same body.
  bool allow_repeats = false;  ///< Each recording answers any number of requests: of several the last one, at the end.
};

/// A request is answered by the first recording of its method and URL that has not been used yet. For one that isn't in
/// the file, or not as often, it throws UnexpectedRequest, which names it. Fields that were redacted are left out of
/// answers. Any thread.
///
///     Client client{{.base_url = "https://inventory.example",
///                    .transport = std::make_shared<ReplayTransport>("stock.json")}};
class ReplayTransport final : public Transport {
 public:
  /// Throws std::runtime_error when the file can't be read or is no cassette.
  explicit ReplayTransport(std::string file, ReplayOptions options = {});
  ~ReplayTransport() override;

  Async<Response> send(TransportRequest request) override;

  /// Those that nobody has asked for, such as "GET https://inventory.example/stock/7".
  std::vector<std::string> unused() const;

 private:
  std::string file_;
  ReplayOptions options_;
  mutable std::mutex mutex_;
  std::unique_ptr<detail::Cassette> cassette_;
  std::vector<bool> used_;  // guarded by mutex_
};

}  // namespace coroute

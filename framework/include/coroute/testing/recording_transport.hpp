// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `RecordingTransport`: writes requests and their answers to a file, which a ReplayTransport answers from.
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coroute/client/transport.hpp"

namespace coroute {

namespace detail {
struct Interaction;
}

/// The file, a cassette, is JSON that people can read and correct. It is written when the transport is destroyed, and
/// by `save`. Credentials in header fields are replaced; URLs and bodies stand in it as they are: look at it before it
/// is committed. Compressed answers are not asked for. Requests that fail are not recorded. Any thread.
///
///     const auto recording = std::make_shared<RecordingTransport>("stock.json", std::make_shared<HttpTransport>());
///     Client client{{.base_url = "https://inventory.example", .transport = recording}};
class RecordingTransport final : public Transport {
 public:
  /// `redacted`: names of fields, of requests and of answers, whose values are not written. Throws std::runtime_error
  /// when the file can't be written.
  explicit RecordingTransport(std::string file, std::shared_ptr<Transport> transport,
                              std::vector<std::string> redacted = default_redacted());
  ~RecordingTransport() override;

  Async<Response> send(TransportRequest request) override;

  /// Blocks the thread. Throws std::runtime_error.
  void save() const;

  /// authorization, cookie, proxy-authorization, set-cookie
  static std::vector<std::string> default_redacted();

 private:
  std::string file_;
  std::shared_ptr<Transport> transport_;
  std::vector<std::string> redacted_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<detail::Interaction>> recorded_;  // in the order of the requests; null: no answer
};

}  // namespace coroute

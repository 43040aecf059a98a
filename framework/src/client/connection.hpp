// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One connection to a server, plain or with TLS, and whether it can carry another request.
#include <string>

#include "tls/byte_stream.hpp"

namespace coroute::detail {

/// Loop thread only. Closed by the destructor.
class ClientConnection : public ByteStream {
 public:
  using ByteStream::ByteStream;

  /// From now on everything goes through TLS. `host` is whom the certificate has to name; `resumable` may be null.
  void start_tls(const TlsContext& context, const std::string& host, SslSessionPtr resumable);

  /// The errno with which connecting has failed, or 0.
  int pending_error() const noexcept;
  /// Asks the kernel: the peer has neither closed nor sent anything, which it must not between two requests.
  bool is_quiet() noexcept;

  Clock::time_point idle_since{};
};

}  // namespace coroute::detail

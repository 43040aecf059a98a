// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `HttpTransport`: carries requests over connections, for transports that stand in front of it.
#include <memory>

#include "coroute/client/options.hpp"
#include "coroute/client/transport.hpp"

namespace coroute {

namespace detail {
class ClientCore;
}

/// What a Client without a transport has below it. One that records, changes or delays requests gives them to one of
/// these:
///
///     class Slow final : public Transport {
///       Async<Response> send(TransportRequest request) override {
///         co_await sleep(1s);
///         co_return co_await connections_.send(std::move(request));
///       }
///       HttpTransport connections_;
///     };
///
/// Whole answers, as they came: compressed ones stay so. Throws what a Client does; redirects, cookies and further
/// attempts are the client's above it.
class HttpTransport final : public Transport {
 public:
  /// Of the options those for connections count: time-outs, limits, TLS, proxies, the unix socket, hooks. Throws as the
  /// constructor of Client does.
  explicit HttpTransport(ClientOptions options = {});
  ~HttpTransport() override;

  Async<Response> send(TransportRequest request) override;

 private:
  std::shared_ptr<detail::ClientCore> core_;
};

}  // namespace coroute

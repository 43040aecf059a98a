// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `AppTransport`: a client's requests are answered by an application in the same process.
#include <memory>

#include "coroute/client/transport.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

class App;

/// As a server has it, but for the connection: what a handler throws becomes the answer that a client would get. For
/// tests of services that call one another, in virtual time and without a port. Any loop. Lifespans are not run.
///
///     Client inventory{{.base_url = "http://inventory", .transport =
///     std::make_shared<AppTransport>(make_inventory())}};
class AppTransport final : public Transport {
 public:
  explicit AppTransport(App&& app);
  explicit AppTransport(Handler handler);
  ~AppTransport() override;

  Async<Response> send(TransportRequest request) override;

 private:
  std::shared_ptr<const Handler> handler_;
};

}  // namespace coroute

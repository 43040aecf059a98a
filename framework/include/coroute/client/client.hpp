// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Outbound HTTP/1.1: requests to other services over pooled connections.
#include <memory>
#include <string_view>

#include "coroute/client/client_response.hpp"
#include "coroute/client/cookies.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/client/hooks.hpp"
#include "coroute/client/options.hpp"
#include "coroute/client/request_builder.hpp"
#include "coroute/client/transport.hpp"
#include "coroute/client/websocket_builder.hpp"
#include "coroute/http/method.hpp"

namespace coroute {

/// Make one and let handlers capture it; all loops may use it at once. Each loop has connections of its own, so a
/// request takes no lock. Requests still in progress when it is destroyed go on; connections close.
///
///     Client backend{{.base_url = "http://inventory:8000", .timeout = {.total = 2s}}};
///     auto [stock, price] = co_await gather(backend.get("/stock/1"), backend.get("/price/1"));
///     stock.raise_for_status();
///
/// A URL is either absolute or appended to the base URL. Redirects are followed (`ClientOptions::max_redirects`), what
/// failed is tried again where that can do no harm (`ClientRetries`), and compression is taken off.
/// A request with an idempotent method is sent once more when a kept connection turns out to be closed before any byte
/// of a response came; POST and PATCH never are.
class Client {
 public:
  /// Throws InvalidUrl when the base URL can't be used, std::invalid_argument for headers that can't be sent.
  explicit Client(ClientOptions options = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  RequestBuilder get(std::string_view url) const;
  RequestBuilder head(std::string_view url) const;
  RequestBuilder options(std::string_view url) const;
  RequestBuilder post(std::string_view url) const;
  RequestBuilder put(std::string_view url) const;
  RequestBuilder patch(std::string_view url) const;
  RequestBuilder del(std::string_view url) const;
  RequestBuilder request(Method method, std::string_view url) const;
  /// Any method but CONNECT; std::invalid_argument when it is no token.
  RequestBuilder request(std::string_view method, std::string_view url) const;
  /// A WebSocket at a ws, wss, http or https URL, or below the base URL. Its connection is its own: neither taken from
  /// those that are kept nor counted among them.
  WebSocketBuilder websocket(std::string_view url) const;

 protected:
  const std::shared_ptr<detail::ClientCore>& core() const noexcept { return core_; }

 private:
  std::shared_ptr<detail::ClientCore> core_;
};

}  // namespace coroute

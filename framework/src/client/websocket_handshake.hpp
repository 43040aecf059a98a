// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A client's opening handshake (RFC 6455 section 4.1).
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/websocket/options.hpp"
#include "coroute/websocket/websocket.hpp"
#include "outgoing_request.hpp"

namespace coroute::detail {

/// `ws` and `wss` are what `http` and `https` are; anything else stands as it is.
std::string http_url_of(std::string_view url);

/// Throws a ClientError.
Async<WebSocket> open_websocket(std::unique_ptr<OutgoingRequest> request, std::vector<std::string> subprotocols,
                                WebSocketOptions options);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A client's opening handshake (RFC 6455 section 4.1).
#include <memory>
#include <string>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/websocket/options.hpp"
#include "coroute/websocket/websocket.hpp"
#include "outgoing_request.hpp"

namespace coroute::detail {

/// Throws a ClientError.
Async<WebSocket> open_websocket(std::unique_ptr<OutgoingRequest> request, std::vector<std::string> subprotocols,
                                WebSocketOptions options);

}  // namespace coroute::detail

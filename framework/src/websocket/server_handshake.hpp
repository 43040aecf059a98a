// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The server's side of the opening handshake (RFC 6455 section 4.2), from the request to the open session.
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/headers.hpp"
#include "coroute/http/request.hpp"
#include "coroute/websocket/options.hpp"
#include "session.hpp"

namespace coroute::detail {

/// Throws HttpException 400 for a request that is no handshake, 426 for another version than 13.
void check_handshake(const Request& request);

/// What a WebSocket route makes of one request that has passed the check.
class ServerHandshake {
 public:
  /// `options` must outlive it.
  ServerHandshake(Request& request, const WebSocketOptions& options) noexcept
      : request_(&request), options_(&options) {}

  /// Answers 101. RuntimeError when it has been decided or its handler has ended, std::invalid_argument for a
  /// subprotocol that the client doesn't offer and fields that belong to the handshake.
  std::shared_ptr<WebSocketSession> accept(const std::string& subprotocol, const Headers& headers);
  /// The handler wants no WebSocket.
  void reject();
  /// The request goes.
  void end() noexcept { request_ = nullptr; }

  const std::vector<std::string>& offered_subprotocols();
  /// Null unless accepted.
  const std::shared_ptr<WebSocketSession>& session() const noexcept { return session_; }

 private:
  void check_undecided() const;
  Headers answer_fields(const std::string& subprotocol, const Headers& headers, WebSocketSetup& setup);

  Request* request_;
  const WebSocketOptions* options_;
  std::vector<std::string> subprotocols_;
  std::shared_ptr<WebSocketSession> session_;
  bool is_rejected_ = false;
};

}  // namespace coroute::detail

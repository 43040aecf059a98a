// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Who asks.
#include <chrono>
#include <string>
#include <string_view>

#include "app.hpp"
#include "coroute/security/jwt_bearer.hpp"
#include "coroute/security/oauth2.hpp"

namespace chat {

/// What a token says.
struct Claims {
  std::string sub;
  coroute::NumericDate exp;
};

/// The token of a WebSocket's handshake. A browser lets a page set no field of it but the offered subprotocols, and
/// URLs end up in logs: so the token is one of those, `new WebSocket(url, ["chat.v1", "bearer." + token])`, as
/// Kubernetes has it. Other clients may send an Authorization field.
struct WebSocketBearer {
  static constexpr std::string_view subprotocol = "chat.v1";
  std::string token;
  static WebSocketBearer from_request(coroute::Request& request);
};

/// Who asks, and how long the token is good.
struct Session {
  User user;
  std::chrono::sys_seconds until;
};

coroute::JwtVerifier make_verifier(coroute::Singleton<the_chat> chat);

using PasswordBearer = coroute::OAuth2PasswordBearer<"login">;

/// Dependencies: whose token came with the request; 401 when it is nobody's.
Session current_session(coroute::JwtBearer<make_verifier, Claims, PasswordBearer> claims,
                        coroute::Singleton<the_chat> chat);
User current_user(coroute::Depends<current_session> session);
Session websocket_session(coroute::JwtBearer<make_verifier, Claims, WebSocketBearer> claims,
                          coroute::Singleton<the_chat> chat);

}  // namespace chat

// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "app.hpp"
#include "coroute/coroute.hpp"
#include "rooms.hpp"
#include "users.hpp"

using namespace coroute;

namespace chat {
namespace {

/// Posts what one member says; the room hears it by Store and Presence. Gives what is wrong with it.
Async<std::optional<ErrorEvent>> post_text(Chat& chat, const std::string& room, const User& user,
                                           const std::string& text) {
  Message message{.room = room, .username = user.username};
  try {
    NewMessage said = validate_json<NewMessage>(text);
    message.text = std::move(said.text);
    message.nonce = said.nonce;
  } catch (const ValidationError& error) {
    co_return ErrorEvent{.detail = error.errors().front().msg, .nonce = {}};
  }
  if (!chat.message_limiter.take(user.username).allowed)
    co_return ErrorEvent{.detail = "Not so fast", .nonce = message.nonce};
  co_await chat.store.post(std::move(message));
  co_return std::nullopt;
}

Async<void> converse(WebSocket& ws, Chat& chat, const std::string& room, const User& user) {
  const Presence::Visit visit(chat.presence, room, user.username, ws);
  while (auto text = co_await ws.receive_text()) {
    const std::optional<ErrorEvent> refusal = co_await post_text(chat, room, user, *text);
    if (refusal) co_await ws.send_json(*refusal);
  }
}

/// Messages in as NewMessage, out as MessageEvent, PresenceEvent and ErrorEvent. A member that doesn't take what is
/// sent is closed with 1013; it comes back, and asks for what it has missed.
Async<void> talk(WebSocket& ws, Depends<known_room> room, Depends<websocket_session> session,
                 Singleton<the_chat> chat) {
  const auto& offered = ws.offered_subprotocols();
  auto accept = ws.accept();
  if (std::find(offered.begin(), offered.end(), WebSocketBearer::subprotocol) != offered.end())
    accept.subprotocol(WebSocketBearer::subprotocol);
  co_await accept;
  try {
    co_await timeout(session->until - std::chrono::system_clock::now(), converse(ws, **chat, *room, session->user));
  } catch (const TimeoutError&) {
    throw WebSocketException(WebSocketCloseCode::PolicyViolation, "the token has expired");
  }
}

}  // namespace

void add_websockets(App& app) {
  app.websocket("/rooms/{room}/ws", talk,
                {.name = "talk",
                 .dependencies = {depends<websocket_session>()},
                 .websocket = {.max_message_bytes = 16 * 1024, .max_unsent_bytes = 256 * 1024}});
}

}  // namespace chat

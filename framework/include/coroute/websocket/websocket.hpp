// SPDX-License-Identifier: BSL-1.0
#pragma once
/// An open WebSocket (RFC 6455), on either side of it.
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/clock.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/params/json_value.hpp"
#include "coroute/websocket/accept_builder.hpp"
#include "coroute/websocket/close_code.hpp"
#include "coroute/websocket/errors.hpp"
#include "coroute/websocket/message.hpp"
#include "coroute/websocket/options.hpp"

namespace coroute {

namespace detail {
class ServerHandshake;
class WebSocketSession;
}  // namespace detail

/// From `Client::websocket`, where it is open, or the argument of a handler of `App::websocket`, which has to `accept`
/// it first; from then on both are the same. Movable, also while something waits; belongs to the loop on which it was
/// opened.
///
///     WebSocket ws = co_await client.websocket("/ticker").subprotocol("ticker.v1");
///     co_await ws.send_text("subscribe");
///     while (auto message = co_await ws.receive()) print(message->data());
///     co_await ws.close();
///
///     Async<void> echo(WebSocket& ws) {
///       co_await ws.accept();
///       while (auto message = co_await ws.receive()) co_await ws.send_text(message->data());
///     }
///
/// It reads, answers pings and goes on closing by itself, whether or not anybody awaits. What has come and was not
/// fetched is bounded (`WebSocketOptions`); then the peer has to wait. Any tasks may send at once: messages go out one
/// after the other, whole, first come, first served. One task at a time may receive.
///
/// `close` is the proper end. Destroying it while it is open tells the peer 1001 (going away) as far as the kernel
/// takes that at once, and drops what is unsent. A handler's is closed when the handler has ended.
class WebSocket {
 public:
  /// For the library.
  explicit WebSocket(std::shared_ptr<detail::WebSocketSession> session) noexcept;
  explicit WebSocket(std::shared_ptr<detail::ServerHandshake> handshake) noexcept;
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();

  /// In a handler: opens it. Until then everything below but `close` throws RuntimeError, and an exception that leaves
  /// the handler is an answer of HTTP: see `App::websocket`.
  WebSocketAcceptBuilder accept() noexcept { return WebSocketAcceptBuilder(*this); }
  /// In a handler: what the client can speak, its favourite first.
  const std::vector<std::string>& offered_subprotocols() const;

  /// The next message; nothing once either side has closed: see `close_code`. A receive that is cancelled leaves the
  /// message for the next. Throws WebSocketProtocolError, WebSocketMessageTooLarge, WebSocketPingTimeout,
  /// WebSocketWriteTimeout or, when the connection was lost, WebSocketClosed, after the messages that came before;
  /// every later one again. RuntimeError while another task receives.
  Async<std::optional<WebSocketMessage>> receive();
  /// The same for a text; WebSocketDecodeError for a binary message.
  Async<std::optional<std::string>> receive_text();
  /// The same for a binary message; WebSocketDecodeError for a text.
  Async<std::optional<std::string>> receive_bytes();
  /// A message, of either type, as a T, read and checked as a request's body is: `co_await ws.receive_json<Order>()`.
  /// WebSocketDecodeError for what is no T. Of Json: any JSON; include `coroute/json.hpp`.
  template <class T>
    requires(detail::FromJson<T> && std::default_initializable<T>)
  Async<std::optional<T>> receive_json() {
    return decoded<T>(receive(), label());
  }

  /// Waits while more than `WebSocketOptions::send_buffer_bytes` are unsent, then hands the message to the kernel or
  /// keeps what that doesn't take. Cancelled while it waits it sends nothing; a message is never cut. Throws
  /// std::invalid_argument for a text that is not UTF-8, WebSocketClosed once closed.
  Async<void> send_text(std::string text);
  Async<void> send_bytes(std::string bytes);
  /// As a text.
  Async<void> send_json(const Json& value);
  /// The same of a model, a list, a map ..., as an answer of a handler would be.
  template <class T>
    requires(detail::ToJson<T> && !std::same_as<T, Json>)
  Async<void> send_json(const T& value) {
    return send_text(dump_json(value));
  }

  /// The same without waiting, for what a slow peer must not hold up. False when it is closed; also when more than
  /// `WebSocketOptions::max_unsent_bytes` would be unsent: then it is closed with 1013 (try again later).
  bool try_send_text(std::string_view text);
  bool try_send_bytes(std::string_view bytes);

  /// Sends a ping and gives the time until its pong. Throws what `receive` would when the connection ends first. While
  /// the queue of received messages is full no pong can be seen.
  Async<Clock::duration> ping();

  /// Sends a Close frame behind what was sent before, and waits until the peer has answered and the connection has
  /// ended, at most `WebSocketOptions::close_timeout`: then it is cut and the code is 1006. Messages that come
  /// meanwhile are dropped. On a closed one it does nothing. Cancelled, it goes on in the background. Throws
  /// std::invalid_argument for a code that must not be sent (see `is_sendable`) and a reason that is not UTF-8 or over
  /// 123 bytes. Before `accept` it refuses the handshake with 403.
  Async<void> close(WebSocketCloseCode code = WebSocketCloseCode::NormalClosure, std::string reason = {});

  /// It is accepted, neither side has begun to close it, and sending has not failed.
  bool is_open() const noexcept;
  /// Nothing while it is open. Then what the peer's Close frame says (NoStatusReceived: nothing), AbnormalClosure when
  /// the connection ended without one, or the code with which we closed because of an error.
  std::optional<WebSocketCloseCode> close_code() const;
  const std::string& close_reason() const;
  /// What the handshake has agreed on; empty: none.
  const std::string& subprotocol() const;
  /// Both sides may compress messages (RFC 7692).
  bool is_compressed() const;

 private:
  friend class WebSocketAcceptBuilder;
  friend class WebSocketRooms;

  void open(const std::string& subprotocol, const Headers& headers);
  /// RuntimeError before `accept`.
  const std::shared_ptr<detail::WebSocketSession>& session() const;
  const std::string& label() const;
  template <class T>
  static Async<std::optional<T>> decoded(Async<std::optional<WebSocketMessage>> receiving, std::string label) {
    const std::optional<WebSocketMessage> message = co_await std::move(receiving);
    if (!message) co_return std::nullopt;
    std::optional<T> value(std::in_place);
    read_json(message->data(), &*value, detail::operations_of<T>, label);
    co_return value;
  }
  static void read_json(std::string_view text, void* out, const detail::TypeOperations& type, std::string_view label);

  std::shared_ptr<detail::ServerHandshake> handshake_;  // of a handler's
  std::shared_ptr<detail::WebSocketSession> session_;
};

}  // namespace coroute

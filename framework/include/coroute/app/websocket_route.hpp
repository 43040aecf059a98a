// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a function becomes the handler of a WebSocket route.
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/app/make_handler.hpp"
#include "coroute/app/route_options.hpp"
#include "coroute/websocket/options.hpp"
#include "coroute/websocket/websocket.hpp"

namespace coroute {

/// What is said about a WebSocket route beyond its path and its handler. It is not part of OpenAPI documents.
struct WebSocketRouteOptions {
  /// For `Request::url_for`; empty: none.
  std::string name = {};
  std::vector<std::string> tags = {};
  /// Run for what they check, before the handler: `{depends<verify_token>()}`.
  std::vector<const detail::DependencyUse*> dependencies = {};
  /// Browsers let any page open WebSockets, with the cookies of the user: a service that trusts cookies sets this. A
  /// handshake whose Origin is not the host that it was sent to is answered with 403. One without Origin is not a
  /// browser's, and passes.
  bool same_origin = false;
  /// Origins that pass besides: `{"https://shop.example"}`. With some, the others are refused even without
  /// `same_origin`.
  std::vector<std::string> allowed_origins = {};
  /// As `RouteOptions::middleware`: around the whole life of the WebSocket.
  std::vector<SharedMiddleware> middleware = {};
  /// A server's limits are tighter than a client's.
  WebSocketOptions websocket = {.max_message_bytes = 1024 * 1024};
};

namespace detail {

struct RouteInfo;

RouteOptions route_options(const WebSocketRouteOptions& options);
/// Throws std::invalid_argument for options with which there can be no WebSocket.
void check_options(const WebSocketRouteOptions& options);
const AnswerOptions& no_answer() noexcept;

/// From the handshake to the end of the WebSocket. `endpoint`: of `make_websocket_handler`.
Async<Response> serve_websocket(const RouteInfo& route, const WebSocketRouteOptions& options, const Handler& endpoint,
                                Request& request);

}  // namespace detail

/// `function` is a coroutine that takes `WebSocket&` and besides what a handler may take but bodies, forms and
/// `Response&`. What leaves it before it accepts is an answer of HTTP: an HttpException its own; arguments or
/// dependencies that are wrong, WebSocketException, anything else, and no accept at all: 403. Afterwards the WebSocket
/// is closed: with 1000 when the function returns; with the code of a WebSocketException; with 1007 for a
/// WebSocketDecodeError; with 1011 for anything else, which goes to the log. That the peer is gone is no error. Tasks
/// that it created and that still run are cancelled.
template <class F>
Handler make_websocket_handler(F function) {
  static_assert(detail::HasSignature<F>,
                "the handler of a WebSocket is a function or a lambda that is neither mutable nor generic");
  if constexpr (detail::HasSignature<F>) {
    using Signature = detail::Signature<F>;
    using Arguments = typename Signature::Arguments;
    constexpr bool known = Signature::template Apply<detail::AllKnown>::value;
    constexpr bool is_coroutine = std::same_as<typename Signature::Result, Async<void>>;
    static_assert(is_coroutine, "the handler of a WebSocket is a coroutine that gives nothing: Async<void>");
    constexpr bool takes_websocket = Arguments::takes_websocket;
    static_assert(takes_websocket, "the handler of a WebSocket takes WebSocket&");
    constexpr bool copies_websocket = Signature::copies_websocket;
    static_assert(!copies_websocket, "a handler takes its WebSocket by reference: WebSocket&");
    constexpr bool takes_no_body = Arguments::bodies == 0 && !Arguments::takes_form && !Arguments::takes_response;
    static_assert(takes_no_body, "a WebSocket's handshake has no body, no form and no Response");
    if constexpr (known && is_coroutine && takes_websocket && !copies_websocket && takes_no_body) {
      return [function = std::move(function)](Request& request) {
        return detail::run_endpoint<F>(function, request, detail::no_answer(), false);
      };
    }
  }
}

}  // namespace coroute

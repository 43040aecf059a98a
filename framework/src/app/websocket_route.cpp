// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/websocket_route.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <string_view>

#include "coroute/app/route_info.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/http/validation_error.hpp"
#include "websocket/handshake.hpp"
#include "websocket/server_handshake.hpp"

namespace coroute::detail {
namespace {

/// The Origin of a page that comes from where the handshake goes to, but for the scheme: behind a proxy that is not
/// known.
bool is_same_origin(std::string_view origin, const Request& request) noexcept {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && iequals(origin.substr(scheme + 3), request.host());
}

void check_origin(const Request& request, const WebSocketRouteOptions& options) {
  if (!options.same_origin && options.allowed_origins.empty()) return;
  const auto origins = request.headers().get_all("origin");
  if (origins.empty()) return;
  const auto& allowed = options.allowed_origins;
  const bool passes = origins.size() == 1 && ((options.same_origin && is_same_origin(origins.front(), request)) ||
                                              std::any_of(allowed.begin(), allowed.end(), [&](const std::string& each) {
                                                return iequals(each, origins.front());
                                              }));
  if (!passes) throw HttpException(Status::Forbidden, "Origin not allowed");
}

/// The answer to a handshake that was not accepted; `error` may be null. Throws what has an answer of its own.
Response refusal(Request& request, const std::exception_ptr& error) {
  const Response forbidden(Status::Forbidden);
  if (!error) return forbidden;
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    throw;
  } catch (const ThreadPoolFull&) {
    throw;
  } catch (const RequestValidationError&) {
  } catch (const WebSocketException&) {
  } catch (const HttpException&) {
    throw;
  } catch (...) {
    request.add_failure(error);
  }
  return forbidden;
}

/// Closes what the handler has left open. `error` may be null; throws when it is a cancellation.
void finish(WebSocketSession& session, Request& request, const std::exception_ptr& error) {
  if (!error) return session.start_close(WebSocketCloseCode::NormalClosure, {});
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    session.drop();
    throw;
  } catch (const WebSocketException& refused) {
    session.start_close(refused.code(), refused.reason());
  } catch (const WebSocketDecodeError&) {
    session.start_close(WebSocketCloseCode::InvalidFramePayloadData, {});
  } catch (const WebSocketClosed&) {
    const bool is_lost = !session.is_usable();  // the peer has gone, which is not the handler's fault
    session.start_close(WebSocketCloseCode::InternalError, {});
    if (!is_lost) request.add_failure(error);
  } catch (...) {
    session.start_close(WebSocketCloseCode::InternalError, {});
    request.add_failure(error);
  }
}

/// The WebSocket of a request, which may outlive it in the hands of the user.
class HandshakeOfRequest {
 public:
  HandshakeOfRequest(Request& request, const WebSocketOptions& options)
      : handshake_(std::make_shared<ServerHandshake>(request, options)) {
    request.set_websocket(std::make_shared<WebSocket>(handshake_));
  }
  ~HandshakeOfRequest() { handshake_->end(); }
  HandshakeOfRequest(const HandshakeOfRequest&) = delete;
  HandshakeOfRequest& operator=(const HandshakeOfRequest&) = delete;

  const std::shared_ptr<WebSocketSession>& session() const noexcept { return handshake_->session(); }

 private:
  std::shared_ptr<ServerHandshake> handshake_;
};

/// For the close handshake, or the time it is given; the end of the server cuts it short.
Async<void> wait_for_end(std::shared_ptr<WebSocketSession> session) {
  try {
    co_await WebSocketSession::wait_closed(std::move(session));
  } catch (const Cancelled&) {
  }
}

}  // namespace

RouteOptions route_options(const WebSocketRouteOptions& options) {
  RouteOptions route;
  route.name = options.name;
  route.tags = options.tags;
  route.dependencies = options.dependencies;
  route.middleware = options.middleware;
  route.include_in_schema = false;
  return route;
}

void check_options(const WebSocketRouteOptions& options) {
  check_options(options.websocket);
}

const AnswerOptions& no_answer() noexcept {
  static const AnswerOptions none;
  return none;
}

Async<Response> serve_websocket(const RouteInfo& route, const WebSocketRouteOptions& options, const Handler& endpoint,
                                Request& request) {
  check_handshake(request);
  check_origin(request, options);
  const HandshakeOfRequest handshake(request, options.websocket);
  std::exception_ptr error;
  try {
    if (route.options.dependencies.empty()) {
      co_await endpoint(request);
    } else {
      co_await run_with_dependencies(route, endpoint, request);
    }
  } catch (...) {
    error = std::current_exception();
  }
  const std::shared_ptr<WebSocketSession> session = handshake.session();
  if (!session) co_return refusal(request, error);
  finish(*session, request, error);
  request.add_last(wait_for_end(session));
  co_return Response(Status::SwitchingProtocols);
}

}  // namespace coroute::detail

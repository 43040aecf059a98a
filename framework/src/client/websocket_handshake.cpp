// SPDX-License-Identifier: BSL-1.0
#include "websocket_handshake.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "call.hpp"
#include "coroute/client/errors.hpp"
#include "upgraded_client_connection.hpp"
#include "websocket/handshake.hpp"
#include "websocket/session.hpp"

namespace coroute::detail {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items)
    text.append(text.empty() ? "" : ", ").append(item);
  return text;
}

/// Reads the answer to one request.
class HandshakeAnswer {
 public:
  HandshakeAnswer(Call& call, const std::string& key, const std::vector<std::string>& subprotocols,
                  const WebSocketOptions& options)
      : call_(&call), headers_(&call.headers()) {
    check_upgrade(key);
    take_subprotocol(subprotocols);
    take_extensions(options.compression);
  }

  WebSocketSetup setup() && {
    WebSocketSetup setup;
    setup.role = WebSocketRole::Client;
    setup.label = call_->label();
    setup.subprotocol = std::move(subprotocol_);
    setup.compression = compression_;
    return setup;
  }

 private:
  void check_upgrade(const std::string& key) const {
    if (call_->status() != Status::SwitchingProtocols) refuse("no WebSocket");
    if (!call_->has_connection()) refuse("ClientOptions::transport can't carry a WebSocket");
    if (!headers_->has_token("upgrade", "websocket")) refuse("the answer upgrades to something else than a WebSocket");
    if (!headers_->has_token("connection", "upgrade")) refuse("the answer has no 'connection: upgrade'");
    const auto accepts = headers_->get_all("sec-websocket-accept");
    if (accepts.size() != 1 || accepts.front() != websocket_accept(key)) {
      refuse("the sec-websocket-accept of the answer belongs to another request");
    }
  }
  void take_subprotocol(const std::vector<std::string>& offered) {
    const auto chosen = headers_->get_all("sec-websocket-protocol");
    if (chosen.empty()) return;
    if (chosen.size() > 1 || std::find(offered.begin(), offered.end(), chosen.front()) == offered.end()) {
      refuse("the answer has a subprotocol that was not offered");
    }
    subprotocol_ = chosen.front();
  }
  void take_extensions(const WebSocketCompression& offered) {
    for (const std::string_view field : headers_->get_all("sec-websocket-extensions")) {
      const auto extensions = parse_extensions(field);
      if (!extensions) refuse("the sec-websocket-extensions of the answer are malformed");
      for (const WebSocketExtension& extension : *extensions) {
        const auto terms = offered.enabled && !compression_ ? accept_compression_answer(extension, offered)
                                                            : std::optional<CompressionTerms>();
        if (!terms) refuse("the answer has an extension that was not offered");
        compression_ = terms;
      }
    }
  }
  [[noreturn]] void refuse(const char* why) const { throw WebSocketHandshakeError(call_->take_response(), why); }

  Call* call_;
  const Headers* headers_;
  std::string subprotocol_;
  std::optional<CompressionTerms> compression_;
};

}  // namespace

Async<WebSocket> open_websocket(std::unique_ptr<OutgoingRequest> request, std::vector<std::string> subprotocols,
                                WebSocketOptions options) {
  const std::string key = make_websocket_key();
  request->is_upgrade = true;
  Headers& headers = request->headers;
  headers.set("connection", "Upgrade");
  headers.set("upgrade", "websocket");
  headers.set("sec-websocket-version", "13");
  headers.set("sec-websocket-key", key);
  if (!subprotocols.empty()) headers.set("sec-websocket-protocol", joined(subprotocols));
  if (options.compression.enabled) headers.set("sec-websocket-extensions", compression_offer(options.compression));

  const std::unique_ptr<Call> call = co_await Call::open(std::move(request));
  HandshakeAnswer answer(*call, key, subprotocols, options);
  WebSocketSetup setup = std::move(answer).setup();
  setup.received = call->unread_input();
  auto connection = std::make_unique<UpgradedClientConnection>(call->take_connection());
  co_return WebSocket(WebSocketSession::open(EventLoop::current(), std::move(connection), std::move(setup), options));
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the two sides say to each other in the heads of the opening handshake: RFC 6455 section 4, RFC 7692 section 5.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/websocket/options.hpp"
#include "message_compression.hpp"

namespace coroute::detail {

/// 16 random bytes in base64.
std::string make_websocket_key();
/// What `Sec-WebSocket-Accept` has to be.
std::string websocket_accept(std::string_view key);

/// One element of `Sec-WebSocket-Extensions`.
struct WebSocketExtension {
  std::string name;
  std::vector<std::pair<std::string, std::optional<std::string>>> parameters;
};
/// Nothing when the field is malformed (RFC 6455 section 9.1).
std::optional<std::vector<WebSocketExtension>> parse_extensions(std::string_view field);

/// What a client offers.
std::string compression_offer(const WebSocketCompression& options);
/// What a server's answer to that offer means; nothing when it is not one to it.
std::optional<CompressionTerms> accept_compression_answer(const WebSocketExtension& answer,
                                                          const WebSocketCompression& options);

/// What a server agrees on, and what it answers.
struct CompressionAgreement {
  CompressionTerms terms;
  std::string answer;
};
/// The first of a client's offers that a server can take up; nothing: there is none.
std::optional<CompressionAgreement> accept_compression_offer(const std::vector<WebSocketExtension>& offers,
                                                             const WebSocketCompression& options);

/// Throws std::invalid_argument for options with which there can be no WebSocket.
void check_options(const WebSocketOptions& options);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Frames on the wire (RFC 6455 section 5.2): their parts, masking, and writing them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coroute::detail {

enum class WebSocketOpcode : std::uint8_t { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

/// Which side of the WebSocket this is: clients mask what they send, and let the server end the connection.
enum class WebSocketRole : unsigned char { Client, Server };

using MaskKey = std::array<unsigned char, 4>;

inline constexpr std::size_t max_control_payload = 125;

/// From OpenSSL's generator: a page that makes us send something must not be able to choose what proxies see
/// (RFC 6455 section 10.3).
MaskKey make_mask_key();

/// Masks, or takes it off. `offset`: of the first byte in its frame.
void apply_mask(char* bytes, std::size_t size, const MaskKey& key, std::size_t offset) noexcept;

/// Appends a frame that is a whole message or a control frame. `compressed`: sets RSV1 (RFC 7692 section 6).
void append_frame(std::string& out, WebSocketRole from, WebSocketOpcode opcode, std::string_view payload,
                  bool compressed = false);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Why a WebSocket was closed: RFC 6455 section 7.4.1 and IANA's registry.
#include <cstdint>
#include <string_view>

namespace coroute {

/// An application has 4000 to 4999 for itself: `WebSocketCloseCode(4001)`.
enum class WebSocketCloseCode : std::uint16_t {
  NormalClosure = 1000,
  GoingAway = 1001,
  ProtocolError = 1002,
  UnsupportedData = 1003,
  NoStatusReceived = 1005,  ///< Never sent: the peer's Close had no code.
  AbnormalClosure = 1006,   ///< Never sent: the connection ended without a Close.
  InvalidFramePayloadData = 1007,
  PolicyViolation = 1008,
  MessageTooBig = 1009,
  MandatoryExtension = 1010,
  InternalError = 1011,
  ServiceRestart = 1012,
  TryAgainLater = 1013,
  BadGateway = 1014,
  TlsHandshake = 1015,  ///< Never sent.
};

constexpr std::uint16_t to_number(WebSocketCloseCode code) noexcept {
  return static_cast<std::uint16_t>(code);
}

/// May stand in a Close frame: the registered codes but for those that are never sent, and 3000 to 4999.
bool is_sendable(WebSocketCloseCode code) noexcept;

/// Such as "going away"; empty for codes without a name.
std::string_view to_string(WebSocketCloseCode code) noexcept;

}  // namespace coroute

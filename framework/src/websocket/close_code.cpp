// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/close_code.hpp"

namespace coroute {

bool is_sendable(WebSocketCloseCode code) noexcept {
  const std::uint16_t number = to_number(code);
  if (number >= 3000 && number <= 4999) return true;
  return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014);
}

std::string_view to_string(WebSocketCloseCode code) noexcept {
  switch (code) {
    case WebSocketCloseCode::NormalClosure:
      return "normal closure";
    case WebSocketCloseCode::GoingAway:
      return "going away";
    case WebSocketCloseCode::ProtocolError:
      return "protocol error";
    case WebSocketCloseCode::UnsupportedData:
      return "unsupported data";
    case WebSocketCloseCode::NoStatusReceived:
      return "no status received";
    case WebSocketCloseCode::AbnormalClosure:
      return "abnormal closure";
    case WebSocketCloseCode::InvalidFramePayloadData:
      return "invalid frame payload data";
    case WebSocketCloseCode::PolicyViolation:
      return "policy violation";
    case WebSocketCloseCode::MessageTooBig:
      return "message too big";
    case WebSocketCloseCode::MandatoryExtension:
      return "mandatory extension";
    case WebSocketCloseCode::InternalError:
      return "internal error";
    case WebSocketCloseCode::ServiceRestart:
      return "service restart";
    case WebSocketCloseCode::TryAgainLater:
      return "try again later";
    case WebSocketCloseCode::BadGateway:
      return "bad gateway";
    case WebSocketCloseCode::TlsHandshake:
      return "TLS handshake";
  }
  return "";
}

}  // namespace coroute

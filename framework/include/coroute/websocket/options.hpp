// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Limits and time-outs of a WebSocket. Every one has a name, a default and an error when it is passed.
#include <chrono>
#include <cstddef>

namespace coroute {

/// permessage-deflate (RFC 7692). A context for compressing holds about 2^(window_bits + 3) bytes, 32 KiB by default;
/// one for decompressing as many as the peer's window has, at most 32 KiB.
struct WebSocketCompression {
  bool enabled = false;  ///< Offered to the peer, and used when it agrees.
  /// 9 to 15: of what we compress, at most. The peer may ask for less.
  int window_bits = 12;
  /// Messages refer to those before, on either side; without it each direction holds memory only during a message.
  bool context_takeover = true;
  std::size_t min_bytes = 64;  ///< Smaller messages are sent as they are.
};

/// 0 for a time: no limit.
struct WebSocketOptions {
  /// Received, whole, after decompression. Above: WebSocketMessageTooLarge, and the peer is told 1009.
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  /// Received and waiting for `receive`: nothing more is read from the connection until some are fetched.
  std::size_t max_queued_messages = 32;
  /// The same for the sum of their sizes; one message may be larger.
  std::size_t max_queued_bytes = 1024 * 1024;
  /// Unsent bytes above which `send_...` waits before it queues its message.
  std::size_t send_buffer_bytes = 64 * 1024;
  /// Unsent bytes above which `try_send_...` and WebSocketRooms, which never wait, close with 1013 instead of queueing
  /// one more message. What is sent while nothing is unsent may be larger.
  std::size_t max_unsent_bytes = 1024 * 1024;
  std::chrono::milliseconds ping_interval{60'000};  ///< Nothing received for so long: a ping is sent.
  std::chrono::milliseconds ping_timeout{20'000};   ///< Nothing received so long after it: WebSocketPingTimeout.
  std::chrono::milliseconds write_timeout{10'000};  ///< The peer takes no byte: WebSocketWriteTimeout.
  /// From our Close to the peer's and the end of the connection. Then the connection is cut.
  std::chrono::milliseconds close_timeout{10'000};
  WebSocketCompression compression{};
};

}  // namespace coroute

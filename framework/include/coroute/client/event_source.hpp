// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Server-sent events (WHATWG HTML, section 9.2) as they come, over as many connections as it takes.
///
///     auto events = client.get("/events").events();
///     while (const auto event = co_await events.next()) show(event->event(), event->data());
///
/// Sends the request when `next` is first awaited, with `accept: text/event-stream`. When the connection ends or fails
/// the request is sent again after a while, with `last-event-id`, as a browser's EventSource does, but only with an
/// idempotent method. An answer of 204 ends the events. 500, 502, 503 and 504 are tried again, too; any other status
/// than 200 throws HttpStatusError or, below 400, EventStreamError, as another content type than text/event-stream
/// does. The retries and the total time-out of the client hold for each connection up to its head. A quiet stream is no
/// error: see `EventSourceOptions::read`. Bytes are given as they came, without a check that they are UTF-8. Dropping
/// the generator closes the connection.
#include <chrono>
#include <cstddef>

#include "coroute/params/server_sent_event.hpp"

namespace coroute {

struct EventSourceOptions {
  std::size_t max_event_bytes = 1024 * 1024;  ///< Of its data, the next line included. Above: ResponseTooLarge.
  bool reconnect = true;                      ///< False: the events end with the first answer.
  /// In a row, without an event. Then the last error is thrown; without one, the events end.
  std::size_t max_reconnects = 10;
  /// Before the first of them, until the stream sets another time. Twice that before the second and so on, each up to a
  /// quarter longer, so that not all who were cut off come back at once.
  std::chrono::milliseconds retry{1000};
  std::chrono::milliseconds max_retry{30'000};  ///< Not longer, whatever the stream says.
  /// Between two pieces of the stream, in place of `ClientTimeouts::read`: then the connection counts as failed. 0: no
  /// limit, a stream may be silent for hours. With servers that send comments to keep it alive, a multiple of their
  /// interval finds connections that are dead.
  std::chrono::milliseconds read{0};
};

}  // namespace coroute

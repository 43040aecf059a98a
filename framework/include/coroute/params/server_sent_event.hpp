// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One event of a text/event-stream (WHATWG HTML, section 9.2): what handlers yield and clients receive.
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/generator.hpp"
#include "coroute/http/response.hpp"
#include "coroute/params/json_value.hpp"

namespace coroute {

class ServerSentEvent;

namespace detail {
template <class T>
concept EventData = !std::same_as<T, ServerSentEvent> && (std::convertible_to<const T&, std::string_view> || ToJson<T>);
}

/// Made of a plain item, or step by step with FastAPI's names:
///
///     co_yield item;                                                      // data: {"name":"x"}
///     co_yield ServerSentEvent().data(item).event("update").id("7").retry(1500ms);
///     co_yield ServerSentEvent().raw_data("any\ntext").comment("for people");
class ServerSentEvent {
 public:
  ServerSentEvent() = default;
  /// With the item as compact JSON; a text is a JSON string. Throws JsonNotFinite.
  template <detail::EventData T>
  ServerSentEvent(const T& item) : data_(json_of(item)) {}  // NOLINT(google-explicit-constructor)

  // What a receiver gets.

  /// Its type: "message" unless the event says another.
  std::string_view event() const noexcept { return event_ ? std::string_view(*event_) : "message"; }
  /// Lines with LF between them; JSON where the sender writes that.
  const std::string& data() const noexcept { return data_ ? *data_ : none(); }
  /// Of a received event the last one that the stream has set, by this event or one before it; empty: none.
  const std::string& id() const noexcept { return id_ ? *id_ : none(); }

  // What a sender says.

  /// Any value as JSON, in the bytes of FastAPI: models compact, the rest as Python's json.dumps writes it. Replaces
  /// raw data.
  template <detail::EventData T>
  ServerSentEvent&& data(const T& value) {
    data_ = Model<T> ? json_of(value) : as_python_writes(json_of(value));
    return std::move(*this);
  }
  /// Text as it stands, whose lines may end with LF, CR LF or CR.
  ServerSentEvent&& raw_data(std::string text) {
    data_ = std::move(text);
    return std::move(*this);
  }
  /// std::invalid_argument for more than one line.
  ServerSentEvent&& event(std::string type);
  /// What a client that comes back sends as `last-event-id`. std::invalid_argument for more than one line or NUL.
  ServerSentEvent&& id(std::string id);
  /// When a client that loses the connection comes back. std::invalid_argument for less than 0.
  ServerSentEvent&& retry(std::chrono::milliseconds time);
  /// Lines that clients ignore.
  ServerSentEvent&& comment(std::string text) {
    comment_ = std::move(text);
    return std::move(*this);
  }

  /// As it is sent, with the empty line behind it.
  std::string encode() const;

 private:
  template <class T>
  static std::string json_of(const T& value) {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
      return dump_json(std::string_view(value));
    } else {
      return dump_json(value);
    }
  }
  static std::string as_python_writes(std::string_view compact_json);
  static const std::string& none() noexcept;

  std::optional<std::string> event_;
  std::optional<std::string> data_;
  std::optional<std::string> id_;
  std::optional<std::chrono::milliseconds> retry_;
  std::optional<std::string> comment_;
};

/// What a quiet event stream sends so often, that no proxy takes the connection for dead: the comment `ping`.
inline constexpr std::chrono::milliseconds default_heartbeat{15'000};
/// How long a client of a server that shuts down waits for the next event; then its stream ends, and it comes back.
inline constexpr std::chrono::milliseconds default_shutdown_grace{1'000};

struct EventStreamOptions {
  std::chrono::milliseconds heartbeat = default_heartbeat;  ///< 0: none.
  /// What generators that await `shutdown_requested` have for a last event. milliseconds::max(): as long as the server
  /// drains.
  std::chrono::milliseconds shutdown_grace = default_shutdown_grace;
};

/// FastAPI's EventSourceResponse: events as text/event-stream, without caching and without buffering by nginx. See
/// `stream` for how a streamed body runs; the generator runs in a task of the request. When the server shuts down, and
/// no event comes for a while, it is cancelled (CancelReason::Shutdown), and the body ends well: a client that comes
/// back says in `last-event-id` where it was.
Response event_stream(AsyncGenerator<ServerSentEvent> events, const EventStreamOptions& options = {},
                      Status status = Status::Ok);

namespace detail {

/// The same from events that are encoded already.
Response event_stream_of(AsyncGenerator<std::string> events, const EventStreamOptions& options, Status status);

/// `pieces`, and `beat` whenever the next one has not come for `options.heartbeat`.
AsyncGenerator<std::string> with_heartbeat(AsyncGenerator<std::string> pieces, EventStreamOptions options,
                                           std::string beat);

}  // namespace detail
}  // namespace coroute

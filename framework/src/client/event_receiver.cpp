// SPDX-License-Identifier: BSL-1.0
#include "event_receiver.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include "asyncio/random_pause.hpp"
#include "call.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/http/headers.hpp"
#include "event_stream_parser.hpp"

namespace coroute::detail {
namespace {

constexpr std::array<std::uint16_t, 4> passing_statuses{500, 502, 503, 504};

bool is_event_stream(std::string_view content_type) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t'))
    type.remove_suffix(1);
  return iequals(type, "text/event-stream");
}

/// One source of events: what it takes to connect again, and when.
class EventReceiver {
 public:
  EventReceiver(std::unique_ptr<OutgoingRequest> request, EventSourceOptions options)
      : options_(options), request_(std::move(request)), retry_(options.retry) {
    // Both as browsers do.
    if (!request_->headers.contains("accept")) request_->headers.add("accept", "text/event-stream");
    if (!request_->headers.contains("cache-control")) request_->headers.add("cache-control", "no-store");
    request_->read_timeout = options.read;
    if (!request_->max_body_bytes) request_->max_body_bytes = std::numeric_limits<std::uint64_t>::max();
    is_repeatable_ = options.reconnect && is_idempotent(request_->method) && !request_->stream;
  }

  /// False: the events have ended.
  Async<bool> connect() {
    error_ = nullptr;
    call_.reset();
    try {
      call_ = co_await Call::open(next_request());
      if (call_->status() == Status::NoContent) co_return false;
      check_answer();
    } catch (const ClientError&) {
      call_.reset();
      keep_error();
    }
    parser_.emplace(options_.max_event_bytes, last_event_id_);
    co_return true;
  }

  /// Nothing: this connection gives no more.
  Async<std::optional<ServerSentEvent>> next() {
    while (call_) {
      if (parser_->feed(piece_)) {
        reconnects_ = 0;
        co_return parser_->take_event();
      }
      if (parser_->is_too_large()) {
        throw ResponseTooLarge(call_->label(),
                               "an event has more than " + std::to_string(options_.max_event_bytes) + " bytes");
      }
      try {
        piece_ = co_await call_->next_piece();
        if (piece_.empty()) call_.reset();
      } catch (const ClientError&) {
        call_.reset();
        keep_error();
      }
    }
    co_return std::nullopt;
  }

  /// How long until the next connection; nothing: there is none.
  std::optional<Clock::duration> pause() {
    last_event_id_ = parser_->last_event_id();
    retry_ = std::min(parser_->retry().value_or(retry_), options_.max_retry);
    if (!is_repeatable_ || reconnects_ == options_.max_reconnects) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    const auto doublings = std::min<std::size_t>(reconnects_++, 20);
    const Clock::duration shortest = std::min(retry_ * (std::int64_t{1} << doublings), options_.max_retry);
    return shortest + random_pause(shortest / 4);
  }

 private:
  std::unique_ptr<OutgoingRequest> next_request() {
    if (!is_repeatable_) return std::move(request_);
    auto request = copy_of(*request_);
    // Any id without a NUL counts for the user; not every one of them can be sent.
    if (!last_event_id_.empty() && is_field_value(last_event_id_)) {
      request->headers.set("last-event-id", last_event_id_);
    }
    return request;
  }

  void check_answer() {
    const Status status = call_->status();
    if (status.code() >= 400) {
      throw HttpStatusError(ClientResponse(call_->method(), call_->url(), status, call_->headers(), {}));
    }
    if (status != Status::Ok)
      throw EventStreamError(call_->label(), "the answer has the status " + status_text(status));
    const std::string_view type = call_->headers().get("content-type").value_or("");
    if (!is_event_stream(type)) {
      throw EventStreamError(call_->label(), "the answer is no event stream: its content type is '" +
                                                 std::string(type.substr(0, 100)) + "'");
    }
  }

  /// To be called while it is handled: rethrows what connecting again can't help against.
  void keep_error() {
    try {
      throw;
    } catch (const HttpStatusError& error) {
      const auto* const end = passing_statuses.end();
      if (std::find(passing_statuses.begin(), end, error.status().code()) == end) throw;
    } catch (const InvalidUrl&) {
      throw;
    } catch (const TlsError&) {
      throw;
    } catch (const RedirectError&) {
      throw;
    } catch (const ResponseTooLarge&) {
      throw;
    } catch (const EventStreamError&) {
      throw;
    } catch (const ClientError&) {
    }
    error_ = std::current_exception();
  }

  EventSourceOptions options_;
  std::unique_ptr<OutgoingRequest> request_;
  std::unique_ptr<Call> call_;
  std::optional<EventStreamParser> parser_;
  std::string_view piece_;
  std::string last_event_id_;
  std::chrono::milliseconds retry_;
  std::exception_ptr error_;
  std::size_t reconnects_ = 0;
  bool is_repeatable_ = false;
};

}  // namespace

AsyncGenerator<ServerSentEvent> receive_events(std::unique_ptr<OutgoingRequest> request, EventSourceOptions options) {
  EventReceiver source(std::move(request), options);
  while (true) {
    const bool is_open = co_await source.connect();
    if (!is_open) co_return;
    while (true) {
      std::optional<ServerSentEvent> event = co_await source.next();
      if (!event) break;
      co_yield std::move(*event);
    }
    const std::optional<Clock::duration> pause = source.pause();
    if (!pause) co_return;
    co_await sleep(*pause);
  }
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "connection_body.hpp"

#include "connection.hpp"
#include "coroute/http/http_exception.hpp"

namespace coroute::detail {

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

/// While the handler waits for the client, the body's time runs and the handler's own stands still.
class ConnectionBody::ClientWait {
 public:
  explicit ClientWait(ConnectionBody& body) noexcept
      : body_(body),
        outer_phase_(body.connection_.phase_),
        outer_began_(body.connection_.phase_began_),
        outer_deadline_(body.connection_.deadline_) {
    body.wait_began_ = now();
    body.connection_.enter(Connection::Phase::Body, body.timeout_);
  }
  ~ClientWait() {
    const Clock::duration waited = now() - body_.wait_began_;
    body_.waited_ += waited;
    Connection& connection = body_.connection_;
    connection.phase_ = outer_phase_;
    connection.phase_began_ = outer_began_ + waited;
    connection.deadline_ = outer_deadline_ == Clock::time_point::max() ? outer_deadline_ : outer_deadline_ + waited;
  }
  ClientWait(const ClientWait&) = delete;
  ClientWait& operator=(const ClientWait&) = delete;

 private:
  Clock::time_point now() const noexcept { return body_.connection_.worker_.loop().time(); }

  ConnectionBody& body_;
  Connection::Phase outer_phase_;
  Clock::time_point outer_began_;
  Clock::time_point outer_deadline_;
};

void ConnectionBody::fail(Status status) {
  failed_ = true;
  throw HttpException(status);
}

void ConnectionBody::check_announced_length() {
  const auto length = connection_.exchange_->parser->content_length();
  if (length && *length > limit_) fail(Status::ContentTooLarge);
}

std::optional<std::string_view> ConnectionBody::buffered() {
  Exchange& exchange = *connection_.exchange_;
  if (exchange.parser->is_done()) return std::string_view();
  check_announced_length();
  const auto remaining = exchange.parser->content_length_remaining();
  if (!remaining || *remaining > exchange.end - exchange.begin) return std::nullopt;
  return decode_buffered();
}

std::optional<std::string_view> ConnectionBody::decode_buffered() {
  Exchange& exchange = *connection_.exchange_;
  if (exchange.parser->is_done() || exchange.begin == exchange.end) return std::nullopt;
  const RequestParser::BodyStep step = exchange.parser->parse_body(exchange.unread());
  exchange.begin += step.consumed;
  if (step.refusal) fail(*step.refusal);
  if (exchange.parser->announced_bytes() > limit_) fail(Status::ContentTooLarge);
  if (step.data.empty()) return std::nullopt;
  received_ += step.data.size();
  if (received_ > limit_) fail(Status::ContentTooLarge);
  return step.data;
}

Async<std::optional<std::string_view>> ConnectionBody::next() {
  if (failed_) throw HttpException(Status::BadRequest);
  check_announced_length();
  while (true) {
    const std::optional<std::string_view> piece = decode_buffered();
    if (piece || connection_.exchange_->parser->is_done()) co_return piece;
    co_await receive_more();
  }
}

const Headers& ConnectionBody::trailers() const noexcept {
  return connection_.exchange_->parser->trailers();
}

Async<void> ConnectionBody::receive_more() {
  Exchange& exchange = *connection_.exchange_;
  if (awaits_continue_) send_continue();
  exchange.make_room(exchange.head_end);
  if (exchange.end == exchange.capacity) fail_on_endless_line();
  const ClientWait wait(*this);
  Connection::Received received = connection_.receive();
  while (received == Connection::Received::WouldBlock) {
    const bool ready = co_await connection_.stream_.wait_readable();
    if (!ready) {
      if (connection_.timed_out_) fail(Status::RequestTimeout);
      failed_ = true;
      throw Cancelled(CancelReason::Shutdown);
    }
    received = connection_.receive();
  }
  if (received == Connection::Received::Closed) {
    failed_ = true;
    connection_.client_left_ = true;
    throw Cancelled(CancelReason::Disconnect);
  }
}

/// The buffer is full of a chunk extension or of trailers that don't end.
void ConnectionBody::fail_on_endless_line() {
  std::string_view rest = connection_.exchange_->unread();
  if (rest.starts_with("\r\n")) rest.remove_prefix(2);
  fail(rest.starts_with('0') ? Status::RequestHeaderFieldsTooLarge : Status::BadRequest);
}

void ConnectionBody::send_continue() {
  awaits_continue_ = false;
  Exchange& exchange = *connection_.exchange_;
  if (exchange.begin != exchange.end) return;  // the body is on its way already
  exchange.output.append(continue_line);
  connection_.flush_from_loop();
}

bool ConnectionBody::is_too_slow(Clock::time_point now) const noexcept {
  const ServerTimeouts& timeouts = connection_.worker_.options().timeouts;
  const Clock::duration waited = waited_ + (now - wait_began_);
  if (waited > timeout_) return true;
  if (waited <= timeouts.slow_body) return false;
  const double seconds = std::chrono::duration<double>(waited).count();
  return static_cast<double>(received_) < seconds * static_cast<double>(timeouts.min_body_rate);
}

ConnectionBody::Rest ConnectionBody::look_at_rest() {
  Exchange& exchange = *connection_.exchange_;
  if (failed_) return Rest::Abandoned;
  limit_ = received_ + connection_.worker_.options().limits.max_drained_bytes;
  const auto remaining = exchange.parser->content_length_remaining();
  if (!exchange.parser->is_done() && remaining && *remaining > connection_.worker_.options().limits.max_drained_bytes) {
    return Rest::Abandoned;
  }
  try {
    while (decode_buffered()) {
    }
  } catch (const HttpException&) {
    return Rest::Abandoned;
  }
  if (exchange.parser->is_done()) return Rest::Consumed;
  // A client that waits for "100 Continue" may send its body or may not: nobody can tell what comes next.
  return awaits_continue_ ? Rest::Abandoned : Rest::Drainable;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
// The part of a connection that sends answers whose body comes piece by piece.
#include <optional>
#include <string>
#include <utility>

#include "connection.hpp"
#include "coroute/asyncio/errors.hpp"
#include "error_response.hpp"
#include "http/trailers.hpp"
#include "response_writer.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t gathered_bytes = 16 * 1024;  // pieces are copied, and leave together, up to this

}  // namespace

/// How a streamed body is told from what comes after it, and how much of it has come.
struct Connection::StreamFraming {
  std::optional<std::uint64_t> length;
  bool chunked;
  std::shared_ptr<const Headers> trailers;

  bool ends_with_connection() const noexcept { return !length && !chunked; }
};

bool Connection::has_stream_to_send(const Response& response) const noexcept {
  return response.is_streamed() && !client_left_ && has_body(response.status) &&
         exchange_->request->method() != Method::Head;
}

Connection::StreamFraming Connection::begin_stream(const Response& response) {
  Exchange& exchange = *exchange_;
  forget_cancellation();  // it was meant for the handler
  enter(Phase::Handler, std::chrono::milliseconds(0));
  exchange.streamed_bytes = 0;
  const bool chunked = is_chunked(response, exchange.request->version() >= 11);
  const StreamFraming framing{response.stream_length(), chunked, response.trailers()};
  const bool body_is_kept_back = exchange.body->forgo_continue();
  keep_alive_ = keep_alive_ && may_stay_open(response) && !framing.ends_with_connection() && !body_is_kept_back;
  write_head(exchange.output, response, response_context());
  return framing;
}

/// Runs the generator and sends what it gives; false: the body is not complete, nothing can follow on the connection.
Async<bool> Connection::send_stream(Response& response) {
  const StreamFraming framing = begin_stream(response);
  const std::shared_ptr<const FileBody> file = file_to_send(response);
  AsyncGenerator<std::string> pieces = response.take_stream();
  std::exception_ptr error;
  bool complete = false;
  try {
    if (file) {
      complete = co_await send_file(file);
    } else {
      complete = co_await send_pieces(pieces, framing);
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (!complete) {
    try {
      co_await pieces.aclose();
    } catch (...) {
      if (!error) error = std::current_exception();
    }
  }
  if (error) report_stream_failure(*exchange_->request, error, worker_.options());
  end_stream(framing, complete);
  co_return complete;
}

Async<bool> Connection::send_pieces(AsyncGenerator<std::string>& pieces, const StreamFraming& framing) {
  Exchange& exchange = *exchange_;
  while (true) {
    if (!exchange.output.empty()) worker_.flush_soon(*this);
    const std::optional<std::string> piece = co_await pieces.next();
    if (client_left_) co_return false;
    if (!piece) break;
    if (drain_ended_) co_return false;
    if (piece->empty()) continue;
    std::string_view tail = put_piece(*piece, framing);
    if (tail.empty() && exchange.output.size() < gathered_bytes) continue;
    const bool is_chunk = framing.chunked && !tail.empty();
    bool sent = try_flush(tail);
    if (!sent) sent = co_await flush_rest(tail);
    if (!sent) co_return false;
    if (is_chunk) exchange.output.append("\r\n");
    co_await stream_.wait_writable();  // it is; but from time to time others get a turn
  }
  if (framing.length && exchange.streamed_bytes != *framing.length) {
    throw RuntimeError("a streamed body ended before its content-length");
  }
  if (framing.chunked) exchange.output.append(last_chunk(framing.trailers.get()));
  co_return true;
}

/// What it returns is to be sent behind the output buffer.
std::string_view Connection::put_piece(std::string_view piece, const StreamFraming& framing) {
  Exchange& exchange = *exchange_;
  if (framing.length && piece.size() > *framing.length - exchange.streamed_bytes) {
    throw RuntimeError("a streamed body is longer than its content-length");
  }
  exchange.streamed_bytes += piece.size();
  if (framing.chunked) return put_chunk(exchange.output, piece, gathered_bytes);
  if (piece.size() > gathered_bytes) return piece;
  exchange.output.append(piece);
  return {};
}

void Connection::end_stream(const StreamFraming& framing, bool complete) {
  const ConnectionBody::Rest rest = exchange_->body->look_at_rest();
  keep_alive_ =
      keep_alive_ && complete && !worker_.draining() && !timed_out_ && rest != ConnectionBody::Rest::Abandoned;
  if (!keep_alive_ && more_may_come(rest)) must_linger_ = true;
  if (!framing.ends_with_connection()) return;
  body_ends_with_connection_ = true;
  if (complete) return;
  // An orderly end would say that the body is complete.
  must_linger_ = false;
  stream_.reset_on_close();
}

}  // namespace coroute::detail

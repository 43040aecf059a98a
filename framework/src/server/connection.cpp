// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "error_response.hpp"
#include "http/scope_join.hpp"
#include "response_writer.hpp"
#include "upgraded_server_connection.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t copied_body_limit = 16 * 1024;  // larger bodies are sent from where they are
constexpr std::size_t flush_threshold = 64 * 1024;    // answers to pipelined requests are not gathered beyond
constexpr std::size_t linger_bytes = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds linger_time{2000};

}  // namespace

Connection::Connection(Worker& worker, int socket, PeerAddress peer)
    : worker_(worker), stream_(worker.loop(), socket), peer_(std::move(peer)) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  stream_.on_hangup(&on_hangup, this);
  if (worker.server().trusted_peers) peer_is_trusted_ = worker.server().trusted_peers->trusts(peer_);
  enter(Phase::Idle, worker.options().timeouts.head);
  worker_.add(*this);
}

Connection::~Connection() {
  if (upgraded_) upgraded_->detach();
  worker_.remove(*this);
  if (body_ends_with_connection_ && exchange_ && !exchange_->output.empty()) stream_.reset_on_close();
  if (exchange_) worker_.give_back(std::move(exchange_));
}

Async<void> Connection::serve(std::unique_ptr<Connection> connection) {
  connection->task_ = TaskState::current();
  std::exception_ptr error;
  try {
    bool begun = !connection->has_preface();
    if (!begun) begun = co_await connection->begin();
    if (begun) co_await connection->run();
  } catch (const Cancelled&) {
    // The loop ends: nothing is left to be said to the client.
  } catch (...) {
    error = std::current_exception();
  }
  if (connection->exchange_ && connection->exchange_->scope.running > 0) {  // they may use the request
    connection->cancel_tasks(CancelReason::Shutdown);
    co_await ScopeJoin(connection->exchange_->scope, connection->worker_.loop());
  }
  if (error) std::rethrow_exception(error);
}

Async<void> Connection::run() {
  while (true) {
    const HeadOutcome outcome = exchange_ ? parse_head() : HeadOutcome::Incomplete;
    if (outcome == HeadOutcome::Incomplete) {
      std::string_view none;
      bool flushed = !exchange_ || try_flush(none);
      if (!flushed) flushed = co_await flush_rest(none);
      if (!flushed) break;
      const bool was_idle = !exchange_;
      const Received received = receive();
      if (received == Received::Closed) break;
      if (received == Received::Data) continue;
      release_idle_exchange(was_idle);
      const bool ready = co_await stream_.wait_readable();
      if (!ready && !on_wait_aborted()) break;
      continue;
    }
    if (outcome == HeadOutcome::Request) {
      Response response;
      std::exception_ptr error;
      enter(Phase::Handler, worker_.options().timeouts.handler);
      if (!exchange_->output.empty()) worker_.flush_soon(*this);
      try {
        response = co_await (*worker_.server().handler)(*exchange_->request);
      } catch (...) {
        error = std::current_exception();
      }
      bool sent = true;
      const bool streams = !error && !is_upgraded_ && has_stream_to_send(response);
      if (streams) sent = co_await send_stream(response);
      const bool handler_threw = exchange_->request->handler_threw();
      after_handler(error || handler_threw || !sent || is_upgraded_);
      if (handler_threw) report_failures(*exchange_->request, worker_.options());
      if (error) response = response_to_exception(error, *exchange_->request, worker_.options(), client_left_);
      if (is_upgraded_) response = Response(Status::SwitchingProtocols);
      std::string_view tail;
      if (client_left_) {
        keep_alive_ = false;
      } else if (!streams && !is_upgraded_) {
        tail = write_response(response);
      }
      const bool is_due = !tail.empty() || exchange_->output.size() >= flush_threshold || exchange_->has_work_left();
      if (sent && is_due) {
        sent = try_flush(tail);
        if (!sent) sent = co_await flush_rest(tail);
      }
      if (!sent && exchange_->request->cancel_on_disconnect()) cancel_tasks(reason_to_end());
      if (exchange_->has_work_left()) co_await finish_what_is_left();
      if (keep_alive_ && !exchange_->parser->is_done()) keep_alive_ = co_await drain_body();
      end_request(response);
      if (sent && keep_alive_) continue;
    }
    std::string_view none;
    bool flushed = !client_left_ && try_flush(none);
    if (!flushed && !client_left_) flushed = co_await flush_rest(none);
    if (flushed && (must_linger_ || stream_.has_input())) co_await linger();
    break;
  }
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) noexcept {
  phase_ = phase;
  phase_began_ = worker_.loop().time();
  deadline_ = limit.count() == 0 ? Clock::time_point::max() : phase_began_ + limit;
}

/// Between requests.
void Connection::enter_idle() noexcept {
  const ServerTimeouts& timeouts = worker_.options().timeouts;
  enter(Phase::Idle, worker_.draining() ? timeouts.drain_idle : timeouts.keep_alive);
}

// --- reading ---

Connection::Received Connection::receive() {
  if (!stream_.has_input()) return Received::WouldBlock;
  if (!exchange_) exchange_ = worker_.take_exchange();
  Exchange& exchange = *exchange_;
  if (!exchange.request) exchange.make_room(0);
  const ByteStream::Received got =
      stream_.receive(exchange.input.get() + exchange.end, exchange.capacity - exchange.end);
  switch (got.outcome) {
    case ByteStream::Outcome::WouldBlock:
      return Received::WouldBlock;
    case ByteStream::Outcome::Closed:
      return Received::Closed;
    case ByteStream::Outcome::Progress:
      break;
  }
  exchange.end += got.size;
  if (phase_ == Phase::Idle) enter(Phase::Head, worker_.options().timeouts.head);
  return Received::Data;
}

/// An idle connection holds no buffer. The time of one that `was_idle` runs on: a part of a TLS record may have come.
void Connection::release_idle_exchange(bool was_idle) noexcept {
  if (!exchange_ || exchange_->begin != exchange_->end) return;
  worker_.give_back(std::move(exchange_));
  if (!was_idle && (phase_ != Phase::Head || requests_ > 0)) enter_idle();
}

/// False: close without a word.
bool Connection::on_wait_aborted() {
  if (!timed_out_ || phase_ != Phase::Head || !exchange_) return false;
  refuse(protocol_error_response(Status::RequestTimeout));
  std::string_view none;
  try_flush(none);
  return false;
}

Connection::HeadOutcome Connection::parse_head() {
  Exchange& exchange = *exchange_;
  if (exchange.begin == exchange.end) return HeadOutcome::Incomplete;
  const ServerLimits& limits = worker_.options().limits;
  if (!exchange.scanner) exchange.scanner.emplace(limits);
  const std::string_view unread = exchange.unread();
  switch (exchange.scanner->scan(unread.data(), unread.size())) {
    case HeadScanner::Result::Incomplete:
      if (phase_ != Phase::Head) enter(Phase::Head, worker_.options().timeouts.head);
      return HeadOutcome::Incomplete;
    case HeadScanner::Result::Refused:
      refuse(protocol_error_response(exchange.scanner->refusal()));
      return HeadOutcome::Refused;
    case HeadScanner::Result::Complete:
      break;
  }
  const std::size_t begin = exchange.scanner->head_begin();
  const std::size_t end = exchange.scanner->head_end();
  exchange.scanner.reset();
  exchange.make_room_behind(end, limits.max_trailer_bytes + limits.max_chunk_extension_bytes + Exchange::body_room);
  exchange.parser.emplace(limits, worker_.options().allow_trace, exchange.fields);
  const std::optional<Status> refusal = exchange.parser->parse_head(exchange.unread().substr(begin, end - begin));
  exchange.begin += end;
  if (refusal) {
    refuse(protocol_error_response(*refusal));
    return HeadOutcome::Refused;
  }
  begin_request(exchange.begin);
  return HeadOutcome::Request;
}

void Connection::begin_request(std::size_t head_end) {
  Exchange& exchange = *exchange_;
  const ServerOptions& options = worker_.options();
  exchange.head_end = head_end;
  exchange.body.emplace(*this, options, exchange.parser->expects_continue());
  RequestHead head = exchange.parser->head();
  if (stream_.is_secure()) head.scheme = "https";
  exchange.forwarded_client.reset();
  if (exchange.parser->is_forwarded() && peer_is_trusted_ && options.proxy_headers != ProxyHeaders::None) {
    believe_proxy(head);
  }
  exchange.request.emplace(head, &*exchange.body, exchange.forwarded_client ? &*exchange.forwarded_client : &peer_);
  exchange.request->set_upgrader(this);
  exchange.request->set_tls_source(stream_.tls());
  if (options.on_access) request_began_ = Clock::now();
  tasks_cancelled_ = false;
  if (++requests_ >= options.limits.max_requests_per_connection) keep_alive_ = false;
  task_->scope = &exchange.scope;
}

// --- the handler ---

void Connection::after_handler(bool failed) noexcept {
  forget_cancellation();
  task_->scope = nullptr;
  task_->context = {};  // what it set is not for the connection's next request
  if (failed || client_left_ || drain_ended_)
    cancel_tasks(client_left_ || drain_ended_ ? reason_to_end() : CancelReason::User);
}

/// Of what runs for a client that can't be answered.
CancelReason Connection::reason_to_end() const noexcept {
  return drain_ended_ ? CancelReason::Shutdown : CancelReason::Disconnect;
}

/// Once: they may clean up.
void Connection::cancel_tasks(CancelReason reason) noexcept {
  if (!std::exchange(tasks_cancelled_, true)) worker_.loop().cancel_tasks_of(exchange_->scope, reason);
}

Async<void> Connection::finish_what_is_left() {
  told_of_drain_end_ = false;
  if (!is_upgraded_) enter(Phase::Work, std::chrono::milliseconds(0));
  co_await exchange_->request->run_after_response();
  if (!is_upgraded_) enter(Phase::Tasks, std::chrono::milliseconds(0));
  co_await ScopeJoin(exchange_->scope, worker_.loop());
  forget_cancellation();
  if (drain_ended_) keep_alive_ = false;
}

/// One that the handler outran was meant for it, not for the answer.
void Connection::forget_cancellation() noexcept {
  while (task_->cancelling() > 0)
    task_->uncancel();
}

// --- writing ---

std::string_view Connection::write_response(const Response& response) {
  Exchange& exchange = *exchange_;
  const ConnectionBody::Rest rest = exchange.body->look_at_rest();
  keep_alive_ = keep_alive_ && may_stay_open(response) && rest != ConnectionBody::Rest::Abandoned;
  if (!keep_alive_ && more_may_come(rest)) must_linger_ = true;
  const ResponseContext context = response_context();
  write_head(exchange.output, response, context);
  const std::string_view body = body_to_send(response, context);
  if (body.size() > copied_body_limit) return body;
  exchange.output.append(body);
  return {};
}

bool Connection::may_stay_open(const Response& response) const noexcept {
  return exchange_->parser->keeps_alive() && !worker_.draining() && !timed_out_ &&
         !response.headers.has_token("connection", "close");
}

bool Connection::more_may_come(ConnectionBody::Rest rest) const noexcept {
  return rest != ConnectionBody::Rest::Consumed || exchange_->begin != exchange_->end || stream_.has_input();
}

ResponseContext Connection::response_context() {
  ResponseContext context;
  context.fixed_fields = worker_.fixed_fields();
  context.http11 = exchange_->request->version() >= 11;
  context.keep_alive = keep_alive_;
  context.head_request = exchange_->request->method() == Method::Head;
  return context;
}

void Connection::end_request(const Response& response) {
  Exchange& exchange = *exchange_;
  if (worker_.options().on_access) report_access(response);
  exchange.request.reset();
  exchange.body.reset();
  exchange.parser.reset();
  enter_idle();
}

/// Also of what was refused before there was a Request.
void Connection::report_access(const Response& response) noexcept {
  AccessRecord record;
  record.client = exchange_->request ? &exchange_->request->client() : &peer_;
  record.status = response.status;
  const bool bodiless =
      !has_body(response.status) || (exchange_->request && exchange_->request->method() == Method::Head);
  record.body_bytes = bodiless ? 0 : response.content().size() + std::exchange(exchange_->streamed_bytes, 0);
  record.client_left = client_left_;
  if (exchange_->request) {
    record.request = &*exchange_->request;
    record.duration = Clock::now() - request_began_;
  }
  try {
    worker_.options().on_access(record);
  } catch (...) {
    call_exception_handler({"on_access threw", std::current_exception(), {}});
  }
}

void Connection::refuse(const Response& response) {
  keep_alive_ = false;
  must_linger_ = true;
  ResponseContext context;
  context.fixed_fields = worker_.fixed_fields();
  context.keep_alive = false;
  write_head(exchange_->output, response, context);
  exchange_->output.append(response.content());
  if (worker_.options().on_access) report_access(response);
}

/// Sends without waiting; false: something is left, in the buffer or in `tail`.
bool Connection::try_flush(std::string_view& tail) {
  OutputBuffer& output = exchange_->output;
  std::string_view rest = output.view();
  const ByteStream::Outcome outcome = stream_.send(rest, tail);
  output.consume(output.size() - rest.size());
  if (outcome == ByteStream::Outcome::Closed) client_left_ = true;
  return outcome == ByteStream::Outcome::Progress;
}

Async<bool> Connection::flush_rest(std::string_view tail) {
  bool done = false;
  while (!done && !client_left_) {
    const bool ready = co_await wait_for_client();
    if (!ready) break;
    done = try_flush(tail);
  }
  co_return done;
}

/// Until it takes more; false: not for the write time-out.
Async<bool> Connection::wait_for_client() {
  const Phase outer_phase = phase_;
  const Clock::time_point outer_deadline = deadline_;
  enter(Phase::Write, worker_.options().timeouts.write);
  const bool ready = co_await stream_.wait_writable();
  phase_ = outer_phase;
  deadline_ = outer_deadline;
  co_return ready;
}

void Connection::flush_from_loop() noexcept {
  if (phase_ != Phase::Handler && phase_ != Phase::Body) return;
  const bool client_left = client_left_;
  std::string_view none;
  try_flush(none);
  client_left_ = client_left;  // a broken connection is noticed where the answer is sent
}

/// Reads and drops what the handler left of the body, so that the next request can be found.
Async<bool> Connection::drain_body() {
  std::string_view none;
  bool flushed = try_flush(none);
  if (!flushed) flushed = co_await flush_rest(none);
  if (!flushed) co_return false;
  try {
    while (true) {
      const std::optional<std::string_view> piece = co_await exchange_->body->next();
      if (!piece) co_return true;
    }
  } catch (const HttpException&) {
    must_linger_ = true;
  } catch (const Cancelled&) {
  }
  co_return false;
}

/// Closing while the client still sends would reset the connection and could destroy the answer on its way
/// (RFC 9112 section 9.6): so close our side, and read for a while what still comes.
Async<void> Connection::linger() {
  stream_.shut_down();
  enter(Phase::Linger, linger_time);
  exchange_->begin = exchange_->end = 0;
  std::size_t dropped = 0;
  while (dropped < linger_bytes) {
    const ByteStream::Received got = stream_.discard(exchange_->input.get(), exchange_->capacity);
    if (got.outcome == ByteStream::Outcome::Closed) co_return;
    dropped += got.size;
    if (got.outcome == ByteStream::Outcome::Progress) continue;
    if (stream_.is_peer_closed()) co_return;
    const bool ready = co_await stream_.handle().wait_readable();
    if (!ready) co_return;
  }
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "call.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/client/cookies.hpp"
#include "coroute/client/errors.hpp"
#include "http/propagation.hpp"
#include "proxy.hpp"
#include "url_join.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t max_joined_body = 8 * 1024;

const std::string& base_url(const OutgoingRequest& request) noexcept {
  return request.address ? request.address->base_url() : request.client->base_url();
}

const Url* base(const OutgoingRequest& request) noexcept {
  return request.address ? &request.address->base() : request.client->base();
}

std::string request_label(const OutgoingRequest& request) {
  return request.method + ' ' + printable_url(base_url(request), request.url);
}

Url request_url(const OutgoingRequest& request) {
  if (request.client->upstream() && request.redirects == 0 && is_absolute(request.url)) {
    throw InvalidUrl(request_label(request), "an upstream takes paths, it has addresses of its own");
  }
  try {
    return join_url(base(request), request.url, request.query);
  } catch (const std::invalid_argument& error) {
    throw InvalidUrl(request_label(request), error.what());
  }
}

std::optional<Clock::time_point> after(std::chrono::milliseconds limit, Clock::time_point now) {
  if (limit <= std::chrono::milliseconds::zero()) return std::nullopt;
  return limit < std::chrono::hours(24 * 365) ? std::optional(now + limit) : std::nullopt;
}

std::string chunk_of(const std::string& piece) {
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
  std::string chunk(size.data(), end);
  return chunk.append("\r\n").append(piece).append("\r\n");
}

std::string within(std::chrono::milliseconds limit) {
  return " within " + std::to_string(limit.count()) + " ms";
}

}  // namespace

Async<std::string_view> Call::next_piece() {
  std::string& piece = body();
  if (piece_is_used_) piece.clear();
  piece_is_used_ = true;
  try {
    if (piece.empty() && !is_complete()) co_await within_limits(read_body(false));
  } catch (...) {
    note_failure();
    throw;
  }
  if (piece.empty()) {
    finish();
    end_trace();
  }
  co_return piece;
}

Call::Call(std::unique_ptr<OutgoingRequest> request)
    : request_(std::move(request)),
      options_(request_->client->options()),
      url_(request_url(*request_)),
      pool_(request_->client->pool()),
      total_(request_->total_timeout.value_or(options_.timeout.total)),
      inherited_deadline_(current_deadline()),
      deadline_(begin_deadline(*request_, pool_->loop().time())) {
  set_pool_key();
}

std::optional<Clock::time_point> Call::begin_deadline(OutgoingRequest& request, Clock::time_point now) {
  if (!request.deadline) {
    request.deadline = after(request.total_timeout.value_or(request.client->options().timeout.total), now);
  }
  return *request.deadline;
}

/// To the address that the upstream has chosen.
void Call::move_to(const UpstreamAddress& address) {
  request_->address = &address;
  url_ = request_url(*request_);
  set_pool_key();
  if (trace_) trace_->moved_to(url_);
}

/// For the URL, which is new.
void Call::set_pool_key() {
  request_->proxy = request_->client->proxies().find(url_);
  key_.clear();
  if (is_secure()) key_.append("https://").append(url_.authority());
  if (const Proxy* const proxy = request_->proxy) {
    if (key_.empty()) key_ = url_.authority();
    key_.append(" through ").append(proxy->authority).append(1, ' ').append(proxy->authorization);
  }
}

Call::~Call() {
  end_trace();
  if (input_) pool_->give_back(std::move(input_));
}

/// Turns the cancellation by a limit that has passed into that limit's error. `work` enters a phase before it waits:
/// what needs no waiting sets no timer.
Async<void> Call::within_limits(Async<void> work) {
  limit_.emplace(std::nullopt);
  try {
    co_await std::move(work);
    limit_->exit(false);
    limit_.reset();
    co_return;
  } catch (const Cancelled&) {
    const bool timed_out = limit_->exit(true);
    if (!timed_out) throw;
  }
  throw_timed_out();
}

void Call::prepare() {
  if (options_.propagate) propagate();
  if (options_.cookies) request_->kept_cookies = options_.cookies->header_for(url_);
}

void Call::look_at_answer() {
  // The peer was told what is left, and its answer that this was not enough races with our own time-out.
  if (status() == Status::GatewayTimeout && inherited_deadline_ && pool_->loop().time() >= *inherited_deadline_) {
    throw TotalTimeout(label(), "the deadline of whoever waits has passed");
  }
  if (status() == Status::ProxyAuthenticationRequired && request_->proxy) {
    throw_proxy_error(status_text(status()), status());
  }
  if (!options_.cookies) return;
  for (const std::string_view cookie : headers().get_all("set-cookie"))
    options_.cookies->store(cookie, url_);
}

void Call::propagate() {
  request_->propagated = propagated_fields();
  if (!inherited_deadline_) return;
  const Clock::time_point until = std::min(*inherited_deadline_, deadline_.value_or(*inherited_deadline_));
  const Clock::duration left = until - pool_->loop().time();
  if (left <= Clock::duration::zero()) throw TotalTimeout(label(), "the deadline passed before it was sent");
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  request_->propagated.add(timeout_field, std::to_string(milliseconds));
}

Async<void> Call::run(bool whole_body) {
  UpstreamCore* const upstream = request_->client->upstream();
  if (upstream && !request_->leaves_origin) co_await enter_upstream(*upstream);
  prepare();
  if (Transport* const transport = options_.transport.get()) {
    co_await run_on(*transport);
    co_return;
  }
  const bool repeatable = is_repeatable();
  if (!request_->is_upgrade) {
    HostPool& host = pool_->host(pool_key());
    if (!host.has_free()) restart(Phase::Queue);
    lease_ = co_await host.acquire(!repeatable);
  }
  while (true) {
    drop_dead_connection();
    const bool kept = lease_.connection != nullptr;
    if (!kept) co_await connect();
    if (trace_) trace_->connected(kept);
    const Answer answer = co_await exchange();
    if (answer == Answer::Begun) break;
    // A kept connection may have been closed while the request was on its way; a new one only once.
    if (!kept || !repeatable) throw_response_error(ResponseError::EndedEarly);
    lease_.connection.reset();
  }
  if (trace_) trace_->got_head(status());
  if (is_upgraded() || !(whole_body || request_->is_upgrade)) co_return;
  if (!reader_->is_done()) co_await read_body(true);
  finish();
}

/// Nothing has been sent on it yet: safe whatever the method.
void Call::drop_dead_connection() noexcept {
  if (lease_.connection && lease_.connection->has_input() && !lease_.connection->is_quiet()) lease_.connection.reset();
}

Async<Call::Answer> Call::exchange() {
  ClientConnection& connection = *lease_.connection;
  sending_ = true;
  if (!input_) input_ = pool_->take_buffer();
  std::string& head = input_->request_head;
  head.clear();
  append_request_head(head, *request_, url_, request_->client->default_fields(), request_->client->default_lines());
  if (request_->stream) {
    sent_ = co_await send_stream(head);
  } else {
    std::string_view body = request_->body;
    if (is_secure() && body.size() <= max_joined_body) {  // one record instead of two
      head.append(body);
      body = {};
    }
    std::string_view unsent = head;
    const auto outcome = send_some(unsent, body);
    sent_ = outcome == ClientConnection::Outcome::Progress;
    if (outcome == ClientConnection::Outcome::WouldBlock) sent_ = co_await send(unsent, body);
  }

  restart(Phase::Head);
  reader_.emplace(options_.limits, request_->method == "HEAD", request_->max_body_bytes, decompresses());
  if (request_->is_upgrade) reader_->allow_upgrade();
  got_bytes_ = false;
  while (!reader_->has_final_head()) {
    const bool blocked = take_input();
    if (reader_->error() == ResponseError::EndedEarly && !got_bytes_) co_return Answer::Nothing;
    if (reader_->error() != ResponseError::None) throw_response_error(reader_->error());
    if (blocked) co_await connection.wait_readable();
  }
  co_return Answer::Begun;
}

bool Call::decompresses() const noexcept {
  return options_.decompress && !options_.headers.contains("accept-encoding") &&
         !request_->headers.contains("accept-encoding");
}

ClientConnection::Outcome Call::send_some(std::string_view& head, std::string_view& body) noexcept {
  const std::size_t before = head.size() + body.size();
  const auto outcome = lease_.connection->send(head, body);
  if (trace_) trace_->sent(before - head.size() - body.size());
  return outcome;
}

/// False: the peer wants no more of the request, it has answered or closed.
Async<bool> Call::send(std::string_view head, std::string_view body) {
  ClientConnection& connection = *lease_.connection;
  while (true) {
    const auto outcome = send_some(head, body);
    if (outcome != ClientConnection::Outcome::WouldBlock) co_return outcome == ClientConnection::Outcome::Progress;
    if (connection.has_input()) co_return false;
    restart(Phase::Send);
    co_await connection.wait_writable();
  }
}

/// The body as its generator makes it: so much as was announced, or in chunks (RFC 9112 section 7.1).
Async<bool> Call::send_stream(std::string_view head) {
  bool wanted = co_await send(head, {});
  std::uint64_t left = request_->stream_size.value_or(0);
  while (wanted) {
    restart(Phase::Produce);
    const std::optional<std::string> piece = co_await request_->stream->next();
    if (!piece) break;
    if (piece->empty()) continue;
    if (lease_.connection->has_input()) co_return false;
    if (!request_->stream_size) {
      const std::string chunk = chunk_of(*piece);
      wanted = co_await send(chunk, {});
      continue;
    }
    if (piece->size() > left) throw_wrong_size("more");
    left -= piece->size();
    wanted = co_await send(*piece, {});
  }
  if (!wanted) co_return false;
  if (left > 0) throw_wrong_size("less");
  if (request_->stream_size) co_return true;
  wanted = co_await send("0\r\n\r\n", {});
  co_return wanted;
}

/// Until something of it is there, or all of it is.
Async<void> Call::read_body(bool all) {
  while (!reader_->is_done() && (all || reader_->response().body().empty())) {
    const bool blocked = take_input();
    if (reader_->error() != ResponseError::None) throw_response_error(reader_->error());
    if (!blocked) continue;
    restart(Phase::Body);
    co_await lease_.connection->wait_readable();
  }
}

/// True: nothing was there, wait.
bool Call::take_input() {
  input_->make_room();
  const auto received = lease_.connection->receive(input_->data.get() + input_->end, input_->capacity - input_->end);
  if (received.outcome == ClientConnection::Outcome::WouldBlock) return true;
  if (received.outcome == ClientConnection::Outcome::Closed) {
    reader_->feed_end(lease_.connection->is_properly_closed());
    return false;
  }
  got_bytes_ = true;
  if (trace_) trace_->received(received.size);
  input_->end += received.size;
  input_->begin += reader_->feed(input_->unread());
  return false;
}

/// The response is complete: the connection is free for another request.
void Call::finish() {
  if (!lease_.connection) return;
  const bool clean = sent_ && input_->begin == input_->end;  // bytes behind the response belong to nobody
  if (TlsSession* const tls = lease_.connection->tls()) pool_->keep_resumable(pool_key(), *tls);
  const Headers& sent =
      request_->headers.contains("connection") ? request_->headers : request_->client->default_fields();
  if (clean && !sent.has_token("connection", "close") && reader_->response().is_reusable()) {
    lease_.give_back();
  } else {
    lease_ = Lease();
  }
}

// --- limits ---

std::optional<Clock::time_point> Call::phase_limit(Phase phase) const {
  const Clock::time_point now = pool_->loop().time();
  switch (phase) {
    case Phase::Permit:
    case Phase::Queue:
      return after(options_.timeout.pool, now);
    case Phase::Dns:
      return after(options_.timeout.dns, now);
    case Phase::Connect:
    case Phase::Tunnel:
      return after(options_.timeout.connect, now);
    case Phase::Tls:
      return after(options_.timeout.tls, now);
    case Phase::Head:
      return after(options_.timeout.head, now);
    case Phase::Produce:
      return std::nullopt;
    case Phase::Send:
      return after(options_.timeout.write, now);
    case Phase::Body:
      return after(read_limit(), now);
  }
  return std::nullopt;
}

/// One timer for all limits: it is moved only when a phase has one that is nearer than the total.
void Call::enter(Phase phase) {
  if (phase != phase_) restart(phase);
}

/// Something has moved: the phase has all of its time again.
void Call::restart(Phase phase) {
  if (limit_->expired()) return;  // the cancellation is on its way
  std::optional<Clock::time_point> until = phase_limit(phase);
  if (!until || (deadline_ && *deadline_ <= *until)) until = deadline_;
  phase_ = phase;
  if (trace_) trace_->enter(slot_of(phase));
  if (until != limit_->when()) limit_->reschedule(until);
}

void Call::throw_timed_out() const {
  const ClientTimeouts& limits = options_.timeout;
  if (limit_->when() == deadline_) {
    const char* what = "not complete";
    if (phase_ == Phase::Permit) what = "still waiting for its turn";
    if (phase_ == Phase::Queue) what = "no free connection";
    throw TotalTimeout(label(), what + within(total_));
  }
  switch (phase_) {
    case Phase::Permit:
      throw PoolTimeout(label(), "still waiting for its turn" + within(limits.pool));
    case Phase::Queue:
      throw PoolTimeout(label(), "no free connection" + within(limits.pool));
    case Phase::Dns:
      throw DnsTimeout(label(), "no address" + within(limits.dns));
    case Phase::Connect:
      throw ConnectTimeout(label(), "no connection" + within(limits.connect));
    case Phase::Tunnel:
      throw ConnectTimeout(label(),
                           "no tunnel through the proxy " + request_->proxy->authority + within(limits.connect));
    case Phase::Tls:
      throw TlsTimeout(label(), "no TLS session" + within(limits.tls));
    case Phase::Send:
      throw WriteTimeout(label(), "no byte of the request was taken" + within(limits.write));
    case Phase::Head:
      throw HeadTimeout(label(), "no response head" + within(limits.head));
    case Phase::Produce:
    case Phase::Body:
      break;
  }
  throw ReadTimeout(label(), "no more of the response" + within(read_limit()));
}

// --- errors ---

std::string Call::label() const {
  return request_label(*request_);
}

void Call::throw_wrong_size(const char* which) const {
  throw RuntimeError(label() + ": the body gave " + which + " than the " + std::to_string(*request_->stream_size) +
                     " bytes that were announced");
}

void Call::throw_response_error(ResponseError error) const {
  switch (error) {
    case ResponseError::EndedEarly:
      throw ConnectionClosed(label(), to_string(error));
    case ResponseError::HeadTooLarge:
    case ResponseError::BodyTooLarge:
    case ResponseError::CompressedTooMuch:
      throw ResponseTooLarge(label(), to_string(error));
    default:
      throw ProtocolError(label(), to_string(error));
  }
}

}  // namespace coroute::detail

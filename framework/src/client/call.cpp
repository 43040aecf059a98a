// SPDX-License-Identifier: BSL-1.0
#include "call.hpp"

#include <stdexcept>
#include <system_error>

#include "connector.hpp"
#include "coroute/client/errors.hpp"
#include "resolver.hpp"
#include "url_join.hpp"

namespace coroute::detail {
namespace {

std::string request_label(const OutgoingRequest& request) {
  return request.method + ' ' + printable_url(request.client->base_url(), request.url);
}

Url request_url(const OutgoingRequest& request) {
  try {
    return join_url(request.client->base_url(), request.url, request.query);
  } catch (const std::invalid_argument& error) {
    throw InvalidUrl(request_label(request), error.what());
  }
}

std::optional<Clock::time_point> after(std::chrono::milliseconds limit, Clock::time_point now) {
  if (limit <= std::chrono::milliseconds::zero()) return std::nullopt;
  return limit < std::chrono::hours(24 * 365) ? std::optional(now + limit) : std::nullopt;
}

std::string within(std::chrono::milliseconds limit) {
  return " within " + std::to_string(limit.count()) + " ms";
}

}  // namespace

Async<ClientResponse> Call::perform(std::unique_ptr<OutgoingRequest> request) {
  Call call(*request);
  try {
    co_await call.run();
    call.limit_.exit(false);
    co_return call.finish();
  } catch (const Cancelled&) {
    const bool timed_out = call.limit_.exit(true);
    if (!timed_out) throw;
  }
  call.throw_timed_out();
}

Call::Call(OutgoingRequest& request)
    : request_(request),
      options_(request.client->options()),
      url_(request_url(request)),
      pool_(request.client->pool()),
      total_(request.total_timeout.value_or(options_.timeout.total)),
      deadline_(after(total_, pool_->loop().time())),
      limit_(deadline_) {}

Call::~Call() {
  if (input_) pool_->give_back(std::move(input_));
}

Async<void> Call::run() {
  const bool repeatable = is_idempotent(request_.method);
  lease_ = co_await pool_->host(url_.authority()).acquire(!repeatable);
  while (true) {
    drop_dead_connection();
    const bool kept = lease_.connection != nullptr;
    if (!kept) co_await connect();
    const Answer answer = co_await exchange();
    if (answer == Answer::Complete) co_return;
    // A kept connection may have been closed while the request was on its way; a new one only once.
    if (!kept || !repeatable) throw_response_error(ResponseError::EndedEarly);
    lease_.connection.reset();
  }
}

/// Nothing has been sent on it yet: safe whatever the method.
void Call::drop_dead_connection() noexcept {
  if (lease_.connection && lease_.connection->has_input() && !lease_.connection->is_quiet()) lease_.connection.reset();
}

Async<void> Call::connect() {
  const std::string host(url_.host());
  ResolutionRef resolution;
  if (const auto address = SocketAddress::parse(host)) {
    resolution = std::make_shared<const Resolution>(Resolution{{*address}, {}});
  } else {
    enter(Phase::Dns);
    resolution = co_await Resolver::of(pool_->loop()).resolve(host);
    if (!resolution->error.empty()) throw DnsError(label(), "cannot resolve '" + host + "': " + resolution->error);
  }
  enter(Phase::Connect);
  Connected connected = co_await connect_to_first(pool_->loop(), resolution->addresses, url_.port(), limit_.when());
  if (!connected.connection) {
    Resolver::of(pool_->loop()).forget(host);
    const std::string last = resolution->addresses.back().with_port(url_.port()).to_string();
    throw ConnectError(label(), "cannot connect to " + last + ": " + std::system_category().message(connected.error));
  }
  lease_.connection = std::move(connected.connection);
}

Async<Call::Answer> Call::exchange() {
  ClientConnection& connection = *lease_.connection;
  const std::string head = request_head(request_, url_, request_.client->default_fields());
  std::string_view unsent_head = head;
  std::string_view unsent_body = request_.body;
  enter(Phase::Send);
  const auto outcome = connection.send(unsent_head, unsent_body);
  sent_ = outcome == ClientConnection::Outcome::Progress;
  if (outcome == ClientConnection::Outcome::WouldBlock) sent_ = co_await send_rest(unsent_head, unsent_body);

  enter(Phase::Head);
  reader_.emplace(options_.limits, request_.method == "HEAD");
  if (!input_) input_ = pool_->take_buffer();
  while (!reader_->is_done()) {
    const bool blocked = take_input();
    if (reader_->error() == ResponseError::EndedEarly && !got_bytes_) co_return Answer::Nothing;
    if (reader_->error() != ResponseError::None) throw_response_error(reader_->error());
    if (reader_->has_final_head()) enter(Phase::Body);
    if (blocked) co_await connection.wait_readable();
  }
  co_return Answer::Complete;
}

/// False: the peer wants no more of the request, it has answered or closed.
Async<bool> Call::send_rest(std::string_view head, std::string_view body) {
  ClientConnection& connection = *lease_.connection;
  while (true) {
    co_await connection.wait_writable();
    if (connection.has_input()) co_return false;
    const auto outcome = connection.send(head, body);
    if (outcome != ClientConnection::Outcome::WouldBlock) co_return outcome == ClientConnection::Outcome::Progress;
  }
}

/// True: nothing was there, wait.
bool Call::take_input() {
  input_->make_room();
  const auto received = lease_.connection->receive(input_->data.get() + input_->end, input_->capacity - input_->end);
  if (received.outcome == ClientConnection::Outcome::WouldBlock) return true;
  if (received.outcome == ClientConnection::Outcome::Closed) {
    reader_->feed_end();
    return false;
  }
  got_bytes_ = true;
  input_->end += received.size;
  input_->begin += reader_->feed(input_->unread());
  return false;
}

ClientResponse Call::finish() {
  ResponseParser& response = reader_->response();
  const bool clean = sent_ && input_->begin == input_->end;  // bytes behind the response belong to nobody
  const Headers& sent = request_.headers.contains("connection") ? request_.headers : request_.client->default_fields();
  if (clean && !sent.has_token("connection", "close") && response.is_reusable()) lease_.give_back();
  return ClientResponse(std::move(request_.method), std::move(url_), Status(response.status_code()),
                        std::move(response.headers()), std::move(response.body()));
}

// --- limits ---

std::optional<Clock::time_point> Call::phase_limit(Phase phase) const {
  const Clock::time_point now = pool_->loop().time();
  switch (phase) {
    case Phase::Dns:
      return after(options_.timeout.dns, now);
    case Phase::Connect:
      return after(options_.timeout.connect, now);
    case Phase::Head:
      return after(options_.timeout.head, now);
    case Phase::Queue:
    case Phase::Send:
    case Phase::Body:
      break;
  }
  return std::nullopt;
}

/// One timer for all limits: it is moved only when a phase has one that is nearer than the total.
void Call::enter(Phase phase) {
  if (phase == phase_ || limit_.expired()) return;  // expired: the cancellation is on its way
  std::optional<Clock::time_point> until = phase_limit(phase);
  if (!until || (deadline_ && *deadline_ <= *until)) until = deadline_;
  phase_ = phase;
  if (until != limit_.when()) limit_.reschedule(until);
}

void Call::throw_timed_out() const {
  const bool by_total = limit_.when() == deadline_;
  if (!by_total && phase_ == Phase::Dns) throw DnsTimeout(label(), "no address" + within(options_.timeout.dns));
  if (!by_total && phase_ == Phase::Connect) {
    throw ConnectTimeout(label(), "no connection" + within(options_.timeout.connect));
  }
  if (!by_total) throw ReadTimeout(label(), "no response head" + within(options_.timeout.head));
  const char* const what = phase_ == Phase::Queue ? "no free connection" : "not complete";
  throw TotalTimeout(label(), what + within(total_));
}

// --- errors ---

std::string Call::label() const {
  return request_label(request_);
}

void Call::throw_response_error(ResponseError error) const {
  switch (error) {
    case ResponseError::EndedEarly:
      throw ConnectionClosed(label(), to_string(error));
    case ResponseError::HeadTooLarge:
    case ResponseError::BodyTooLarge:
      throw ResponseTooLarge(label(), to_string(error));
    default:
      throw ProtocolError(label(), to_string(error));
  }
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "call.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/client/cookies.hpp"
#include "coroute/client/errors.hpp"
#include "http/propagation.hpp"
#include "proxy.hpp"
#include "url_join.hpp"

namespace coroute::detail {
namespace {

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
  } catch (...) {
    limit_.reset();  // it must not end what its task does next
    throw;
  }
  throw_timed_out();
}

void Call::prepare() {
  // Of what is compressed a part can't be read: as the Fetch standard has it (section 4.6, HTTP-network-or-cache
  // fetch).
  if (decompresses() && request_->headers.contains("range")) request_->headers.add("accept-encoding", "identity");
  if (options_.propagate) propagate();
  if (options_.cookies) request_->kept_cookies = options_.cookies->header_for(url_);
}

void Call::look_at_answer() {
  // The peer was told what is left, and its answer that this was not enough races with our own time-out.
  if (status() == Status::GatewayTimeout && inherited_deadline_ && pool_->loop().time() >= *inherited_deadline_) {
    throw TotalTimeout(label(), "the deadline of whoever waits has passed");
  }
  if (status() == Status::ProxyAuthenticationRequired && is_forwarded(*request_, url_)) {
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

const Headers& Call::trailers() const noexcept {
  static const Headers none;
  if (carried_) return carried_->trailers() ? *carried_->trailers() : none;
  return reader_->response().trailers();
}

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

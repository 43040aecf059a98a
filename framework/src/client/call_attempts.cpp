// SPDX-License-Identifier: BSL-1.0
// From one exchange to the answer: redirects, and attempts after a failure.
#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "asyncio/random_pause.hpp"
#include "call.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/http/date.hpp"
#include "redirect.hpp"

namespace coroute::detail {
Async<ClientResponse> Call::perform(std::unique_ptr<OutgoingRequest> request) {
  while (true) {
    Clock::duration pause{};
    {
      Call call(std::move(request));
      const std::exception_ptr error = co_await call.attempt(true);
      const auto again = call.pause_before_retry(error);
      if (!again && error) std::rethrow_exception(error);
      if (!again && !call.redirects()) {
        co_return call.take_response();
      }
      request = again ? std::move(call.request_) : call.next_request();
      pause = again.value_or(Clock::duration::zero());
    }
    if (pause > Clock::duration::zero()) co_await sleep(pause);
  }
}

Async<std::unique_ptr<Call>> Call::open(std::unique_ptr<OutgoingRequest> request) {
  while (true) {
    auto call = std::make_unique<Call>(std::move(request));
    const std::exception_ptr error = co_await call->attempt(false);
    const auto pause = call->pause_before_retry(error);
    if (!pause && error) std::rethrow_exception(error);
    if (!pause && !call->redirects()) {
      call->deadline_.reset();  // from now on only the time between two pieces counts
      co_return call;
    }
    request = pause ? std::move(call->request_) : call->next_request();
    call.reset();
    if (pause && *pause > Clock::duration::zero()) co_await sleep(*pause);
  }
}

ClientResponse Call::take_response() {
  return ClientResponse(std::move(request_->method), std::move(url_), status(), std::move(headers()), std::move(body()),
                        trailers());
}

Async<std::exception_ptr> Call::attempt(bool whole_body) {
  if (request_->attempts++ == 0) request_->client->retry_budget().deposit();
  start_trace();
  std::exception_ptr error;
  try {
    co_await within_limits(run(whole_body));
    look_at_answer();
  } catch (const ClientError&) {
    error = std::current_exception();
    note_failure();
  } catch (...) {
    note_failure();
    throw;
  }
  if (upstream_use_) upstream_use_.finish(outcome_for_upstream(error), pool_->loop().time());
  co_return error;
}

// --- what hooks are told ---

CallTrace::Slot Call::slot_of(Phase phase) noexcept {
  switch (phase) {
    case Phase::Permit:
    case Phase::Queue:
      return &ClientTrace::queue;
    case Phase::Dns:
      return &ClientTrace::dns;
    case Phase::Connect:
    case Phase::Tunnel:
      return &ClientTrace::connect;
    case Phase::Tls:
      return &ClientTrace::tls;
    case Phase::Produce:
    case Phase::Send:
      return &ClientTrace::send;
    case Phase::Head:
      return &ClientTrace::head;
    case Phase::Body:
      break;
  }
  return &ClientTrace::body;
}

void Call::start_trace() {
  if (!options_.hooks) return;
  trace_ = std::make_unique<CallTrace>(*options_.hooks, *request_, url_, pool_->loop());
}

void Call::note_failure() {
  if (trace_) trace_->failed(std::current_exception());
}

void Call::end_trace() noexcept {
  if (trace_) trace_->end(carried_ || (reader_ && reader_->is_done()));
}

std::optional<Clock::duration> Call::pause_before_retry(const std::exception_ptr& error) {
  const ClientRetries& policy = options_.retries;
  if (!error && policy.statuses.empty()) return std::nullopt;
  if (request_->is_hedge || request_->attempts >= policy.max_attempts || !is_worth_retrying(error)) return std::nullopt;
  const auto doublings = std::min<std::size_t>(request_->attempts - 1, 30);
  const Clock::duration longest =
      std::min<Clock::duration>(policy.first_backoff * (std::int64_t{1} << doublings), policy.max_backoff);
  Clock::duration pause = random_pause(longest);
  if (!error) {
    const auto asked = retry_after();
    if (asked && *asked > policy.max_retry_after) return std::nullopt;
    pause = std::max(pause, asked.value_or(Clock::duration::zero()));
  }
  if (deadline_ && pool_->loop().time() + pause >= *deadline_) return std::nullopt;
  if (!request_->client->retry_budget().try_withdraw()) return std::nullopt;
  if (UpstreamCore* const upstream = request_->client->upstream()) upstream->count_retry();
  if (trace_) trace_->followed_by(ClientTrace::Next::Retry);
  return pause;
}

bool Call::is_worth_retrying(const std::exception_ptr& error) const {
  if (!error) {
    const auto& statuses = options_.retries.statuses;
    return is_repeatable() && std::find(statuses.begin(), statuses.end(), status().code()) != statuses.end();
  }
  try {
    std::rethrow_exception(error);
  } catch (const ConnectError&) {
    return true;
  } catch (const ConnectTimeout&) {
    return true;
  } catch (const DnsTimeout&) {
    return true;
  } catch (const TlsTimeout&) {
    return true;
  } catch (const ProxyError& failure) {  // what a proxy says when the host can't be connected to
    const int code = failure.status().value_or(Status::Ok).code();
    return code >= 502 && code <= 504;
  } catch (const ConnectionClosed&) {
    return !sending_ || (is_repeatable() && !got_bytes_);
  } catch (const HeadTimeout&) {
    return is_repeatable() && !got_bytes_;
  } catch (const WriteTimeout&) {
    return is_repeatable() && !got_bytes_;
  } catch (const ClientError&) {
    return false;
  }
}

/// RFC 9110 section 10.2.3: seconds, or a date.
std::optional<Clock::duration> Call::retry_after() const {
  const std::string_view text = headers().get("retry-after").value_or("");
  if (text.empty()) return std::nullopt;
  std::uint32_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure == std::errc() && end == text.data() + text.size()) return std::chrono::seconds(seconds);
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::seconds>(*date - std::chrono::system_clock::now());
  return std::clamp<Clock::duration>(left, Clock::duration::zero(), std::chrono::hours(24));
}

bool Call::redirects() const noexcept {
  return max_redirects() > 0 && is_redirect(status(), headers());
}

std::unique_ptr<OutgoingRequest> Call::next_request() {
  if (request_->redirects == max_redirects()) {
    throw TooManyRedirects(label(), "redirected more than " + std::to_string(max_redirects()) + " times");
  }
  try {
    redirect(*request_, url_, status(), headers());
  } catch (const std::invalid_argument& error) {
    throw RedirectError(label(), "the redirect can't be followed: " + std::string(error.what()));
  }
  if (trace_) trace_->followed_by(ClientTrace::Next::Redirect);
  ++request_->redirects;
  request_->attempts = 0;
  return std::move(request_);
}

}  // namespace coroute::detail

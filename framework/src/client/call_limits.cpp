// SPDX-License-Identifier: BSL-1.0
// How long each phase of a call may take, and what is said when it takes longer.
#include <string>

#include "call.hpp"
#include "coroute/client/errors.hpp"
#include "proxy.hpp"

namespace coroute::detail {
namespace {

std::optional<Clock::time_point> after(std::chrono::milliseconds limit, Clock::time_point now) {
  if (limit <= std::chrono::milliseconds::zero()) return std::nullopt;
  return limit < std::chrono::hours(24 * 365) ? std::optional(now + limit) : std::nullopt;
}

std::string within(std::chrono::milliseconds limit) {
  return " within " + std::to_string(limit.count()) + " ms";
}

}  // namespace

std::optional<Clock::time_point> Call::begin_deadline(OutgoingRequest& request, Clock::time_point now) {
  if (!request.deadline) {
    request.deadline = after(request.total_timeout.value_or(request.client->options().timeout.total), now);
  }
  return *request.deadline;
}

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

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
// A call as one of many to a backend: its turn, its address, what it tells of the backend, a second call beside it.
#include <algorithm>
#include <utility>
#include <vector>

#include "call.hpp"
#include "coroute/asyncio/staggered_race.hpp"
#include "coroute/client/errors.hpp"

namespace coroute::detail {

Async<void> Call::enter_upstream(UpstreamCore& upstream) {
  restart(Phase::Permit);
  Hedge* const hedge = request_->hedge.get();
  UpstreamCore::Choice choice;
  choice.avoided = !request_->address && request_->is_hedge ? hedge->first_address : request_->address;
  if (request_->redirects > 0) choice.wanted = request_->address;
  co_await upstream.enter(upstream_use_, choice, label());
  if (hedge && !request_->is_hedge) hedge->first_address = upstream_use_.address();
  if (upstream_use_.address() != request_->address) move_to(*upstream_use_.address());
}

UpstreamUse::Outcome Call::outcome_for_upstream(const std::exception_ptr& error) const {
  using Outcome = UpstreamUse::Outcome;
  if (!error) {
    if (status() == Status::TooManyRequests) return Outcome::Busy;
    const auto& failures = request_->client->upstream()->breaker().failure_statuses;
    if (std::find(failures.begin(), failures.end(), status().code()) == failures.end()) return Outcome::Success;
    return status() == Status::ServiceUnavailable ? Outcome::Overload : Outcome::Failure;
  }
  try {
    std::rethrow_exception(error);
  } catch (const PoolTimeout&) {
    return Outcome::Unknown;
  } catch (const TotalTimeout&) {
    const bool has_begun = phase_ != Phase::Permit && phase_ != Phase::Queue;
    const bool was_hurried = inherited_deadline_ && pool_->loop().time() >= *inherited_deadline_;
    return has_begun && !was_hurried ? Outcome::Overload : Outcome::Unknown;
  } catch (const ClientTimeout&) {
    return Outcome::Overload;
  } catch (const ResponseTooLarge&) {
    return Outcome::Unknown;
  } catch (const InvalidUrl&) {
    return Outcome::Unknown;
  } catch (const ClientError&) {
    return Outcome::Failure;
  }
}

// --- hedging ---

namespace {

/// Why the second request isn't sent; nobody sees it.
struct NotHedged {};

struct HedgedAttempt {
  std::unique_ptr<OutgoingRequest> request;

  Async<ClientResponse> operator()() {
    return request->is_hedge ? second(std::move(request)) : first(std::move(request));
  }

  static Async<ClientResponse> first(std::unique_ptr<OutgoingRequest> request) {
    const std::shared_ptr<Hedge> hedge = request->hedge;
    try {
      ClientResponse response = co_await Call::perform(std::move(request));
      co_return response;
    } catch (...) {
      hedge->first_has_failed = true;
      throw;
    }
  }

  static Async<ClientResponse> second(std::unique_ptr<OutgoingRequest> request) {
    ClientCore& client = *request->client;
    if (request->hedge->first_has_failed || !client.retry_budget().try_withdraw()) throw NotHedged();
    if (UpstreamCore* const upstream = client.upstream()) upstream->count_hedge();
    request->attempts = 1;
    ClientResponse response = co_await Call::perform(std::move(request));
    co_return response;
  }
};

}  // namespace

bool Call::may_hedge(const OutgoingRequest& request) noexcept {
  return request.client->options().hedging.after.count() > 0 && is_idempotent(request.method) && !request.stream;
}

Async<ClientResponse> Call::perform_hedged(std::unique_ptr<OutgoingRequest> request) {
  const Clock::duration delay = request->client->options().hedging.after;
  begin_deadline(*request, EventLoop::current().time());
  request->hedge = std::make_shared<Hedge>();
  std::unique_ptr<OutgoingRequest> beside = copy_of(*request);
  beside->is_hedge = true;
  std::vector<HedgedAttempt> attempts;
  attempts.push_back({std::move(request)});
  attempts.push_back({std::move(beside)});
  auto race = co_await staggered_race(std::move(attempts), delay);
  if (race.value) co_return std::move(*race.value);
  std::rethrow_exception(race.exceptions.front());
}

}  // namespace coroute::detail

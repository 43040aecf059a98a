// SPDX-License-Identifier: BSL-1.0
#include "upstream_core.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/client/errors.hpp"
#include "url_join.hpp"

namespace coroute::detail {
namespace {

std::size_t random_below(std::size_t end) {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

std::string normalized(const std::string& address) {
  try {
    return normalize_base_url(address);
  } catch (const std::invalid_argument& error) {
    throw InvalidUrl("address of an upstream", error.what());
  }
}

void require(bool condition, const char* sentence) {
  if (!condition) throw std::invalid_argument(sentence);
}

UpstreamOptions checked(UpstreamOptions options) {
  const UpstreamConcurrency& concurrency = options.concurrency;
  const CircuitBreakerOptions& breaker = options.breaker;
  require(!options.addresses.empty(), "an upstream needs an address");
  require(options.client.base_url.empty(), "an upstream has addresses in place of client.base_url");
  require(concurrency.limit > 0, "concurrency.limit must not be 0");
  require(concurrency.min_limit > 0, "concurrency.min_limit must not be 0");
  require(concurrency.min_limit <= concurrency.max_limit, "concurrency.min_limit must not be above max_limit");
  require(breaker.failure_ratio > 0 && breaker.failure_ratio <= 1, "breaker.failure_ratio is above 0 and at most 1");
  require(breaker.min_requests > 0, "breaker.min_requests must not be 0");
  require(breaker.trial_requests > 0, "breaker.trial_requests must not be 0");
  require(breaker.window.count() > 0 && breaker.open_for.count() > 0, "breaker.window and open_for must not be 0");
  require(breaker.open_for <= breaker.max_open_for, "breaker.open_for must not be above max_open_for");
  if (options.name.empty()) options.name = options.addresses.front();
  return options;
}

std::size_t first_limit(const UpstreamConcurrency& concurrency) {
  if (!concurrency.adaptive) return concurrency.limit;
  return std::clamp(concurrency.limit, concurrency.min_limit, concurrency.max_limit);
}

}  // namespace

// --- one use ---

UpstreamUse::~UpstreamUse() {
  if (!upstream_) return;
  if (address_) {
    if (!is_finished_) address_->abandoned(pass_);
    address_->end();
  }
  upstream_->give_back(std::move(permit_));
}

void UpstreamUse::finish(Outcome outcome, Clock::time_point now) {
  if (!address_ || is_finished_) return;
  is_finished_ = true;
  const Clock::duration latency = now - began_;
  switch (outcome) {
    case Outcome::Success:
    case Outcome::Busy:
      address_->succeeded(pass_, now, latency);
      break;
    case Outcome::Failure:
    case Outcome::Overload:
      address_->failed(pass_, now, latency);
      break;
    case Outcome::Unknown:
      address_->abandoned(pass_);
      return;
  }
  upstream_->adapt(outcome, latency);
}

// --- all of them ---

UpstreamCore::UpstreamCore(UpstreamOptions options)
    : options_(checked(std::move(options))),
      permits_(first_limit(options_.concurrency)),
      adaptive_(options_.concurrency.limit, options_.concurrency.min_limit, options_.concurrency.max_limit),
      permit_count_(first_limit(options_.concurrency)) {
  for (const std::string& address : options_.addresses)
    addresses_.push_back(std::make_unique<UpstreamAddress>(normalized(address), options_.breaker));
}

Async<void> UpstreamCore::enter(UpstreamUse& use, Choice choice, std::string label) {
  const EventLoop& loop = EventLoop::current();
  const auto may_go = [now = loop.time()](const auto& address) { return address->lets_through(now); };
  if (std::none_of(addresses_.begin(), addresses_.end(), may_go)) refuse(loop.time(), label);
  Permit permit = permits_.try_acquire();
  if (!permit) {
    if (permits_.waiting() >= options_.concurrency.max_queue) {
      queue_full_.fetch_add(1, std::memory_order_relaxed);
      throw UpstreamQueueFull(
          label, "too many requests wait for " + options_.name + ": " + std::to_string(options_.concurrency.max_queue));
    }
    permit = co_await permits_.acquire();
  }
  use.permit_ = std::move(permit);
  use.upstream_ = this;
  in_progress_.fetch_add(1, std::memory_order_relaxed);
  choose(use, choice, loop.time(), label);
}

void UpstreamCore::choose(UpstreamUse& use, Choice choice, Clock::time_point now, const std::string& label) {
  // Others may have taken the last trial meanwhile, so it is tried once for each.
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    UpstreamAddress* const address = find(choice, now);
    if (!address) break;
    if (!address->begin(now, use.pass_)) continue;
    use.address_ = address;
    use.began_ = now;
    return;
  }
  refuse(now, label);
}

UpstreamAddress* UpstreamCore::find(Choice choice, Clock::time_point now) const {
  if (!choice.wanted) return better_of_two(choice.avoided, now);
  const auto found =
      std::find_if(addresses_.begin(), addresses_.end(), [&](const auto& each) { return each.get() == choice.wanted; });
  return found == addresses_.end() ? nullptr : found->get();
}

/// The better of two chosen at random among those that let a request through. One that is to be tried comes first: it
/// would never win.
UpstreamAddress* UpstreamCore::better_of_two(const UpstreamAddress* avoided, Clock::time_point now) const {
  UpstreamAddress* first = nullptr;
  UpstreamAddress* second = nullptr;
  UpstreamAddress* last_resort = nullptr;
  std::size_t seen = 0;
  for (const auto& each : addresses_) {
    if (!each->lets_through(now)) continue;
    if (each.get() == avoided) {
      last_resort = each.get();
      continue;
    }
    if (each->state(now) == CircuitState::half_open) return each.get();
    // A sample of two out of so many as come.
    ++seen;
    if (seen == 1) {
      first = each.get();
    } else if (seen == 2) {
      second = each.get();
    } else if (const std::size_t place = random_below(seen); place < 2) {
      (place == 0 ? first : second) = each.get();
    }
  }
  if (!first) return last_resort;
  if (!second) return first;
  const double first_cost = first->cost(now);
  const double second_cost = second->cost(now);
  if (first_cost == second_cost) return random_below(2) == 0 ? first : second;
  return first_cost < second_cost ? first : second;
}

void UpstreamCore::refuse(Clock::time_point now, const std::string& label) {
  circuit_open_.fetch_add(1, std::memory_order_relaxed);
  Clock::time_point next = addresses_.front()->open_until();
  for (const auto& each : addresses_)
    next = std::min(next, each->open_until());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, Clock::duration::zero()));
  throw CircuitOpen(label,
                    "too many requests to " + options_.name + " have failed; the next trial is in " +
                        std::to_string(left.count()) + " ms",
                    left);
}

void UpstreamCore::adapt(UpstreamUse::Outcome outcome, Clock::duration latency) {
  if (!options_.concurrency.adaptive) return;
  const std::size_t in_progress = in_progress_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (outcome == UpstreamUse::Outcome::Success) adaptive_.answered(latency, in_progress);
  if (outcome == UpstreamUse::Outcome::Overload || outcome == UpstreamUse::Outcome::Busy) {
    adaptive_.overloaded(in_progress);
  }
  for (; permit_count_ < adaptive_.limit(); ++permit_count_)
    permits_.release();
}

void UpstreamCore::give_back(Permit permit) noexcept {
  in_progress_.fetch_sub(1, std::memory_order_relaxed);
  if (!options_.concurrency.adaptive) return;
  const std::lock_guard lock(mutex_);
  if (permit_count_ <= adaptive_.limit()) return;
  --permit_count_;
  permit.forget();
}

UpstreamStats UpstreamCore::stats() const {
  UpstreamStats stats{.name = options_.name,
                      .limit = options_.concurrency.limit,
                      .in_progress = in_progress_.load(std::memory_order_relaxed),
                      .waiting = permits_.waiting(),
                      .queue_full = queue_full_.load(std::memory_order_relaxed),
                      .circuit_open = circuit_open_.load(std::memory_order_relaxed),
                      .retries = retries_.load(std::memory_order_relaxed),
                      .hedges = hedges_.load(std::memory_order_relaxed),
                      .addresses = {}};
  if (options_.concurrency.adaptive) {
    const std::lock_guard lock(mutex_);
    stats.limit = adaptive_.limit();
  }
  const EventLoop* const loop = EventLoop::current_or_null();
  const Clock::time_point now = loop ? loop->time() : Clock::now();
  for (const auto& each : addresses_)
    stats.addresses.push_back(each->stats(now));
  return stats;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/retry.hpp"

#include "coroute/asyncio/deadline.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "coroute/asyncio/errors.hpp"

namespace coroute {
namespace {

std::uint64_t random_seed() {
  thread_local detail::PauseRandom seeds((std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}());
  return seeds();
}

enum class ErrorKind : unsigned char { Standard, Cancellation, Other };

ErrorKind kind_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    return ErrorKind::Cancellation;
  } catch (const std::exception&) {
    return ErrorKind::Standard;
  } catch (...) {
    return ErrorKind::Other;
  }
}

template <class Time>
void take_earlier(std::optional<Time>& deadline, const std::optional<Time>& other) {
  if (other && (!deadline || *other < *deadline)) deadline = other;
}

}  // namespace

RetryOptions& RetryOptions::attempts(unsigned number) {
  if (number == 0) throw std::invalid_argument("retry: the number of attempts includes the first one, 0 is too few");
  attempts_ = number;
  return *this;
}

RetryOptions& RetryOptions::backoff(Clock::duration first, double factor, Clock::duration cap) {
  if (first < Clock::duration::zero()) throw std::invalid_argument("retry: the first pause is negative");
  if (!(factor >= 1.0) || std::isinf(factor)) throw std::invalid_argument("retry: the factor must be at least 1");
  if (cap < first) throw std::invalid_argument("retry: the cap of the pauses is shorter than the first one");
  first_ = first;
  factor_ = factor;
  cap_ = cap;
  return *this;
}

RetryOptions& RetryOptions::jitter(Jitter jitter) noexcept {
  jitter_ = jitter;
  return *this;
}

RetryOptions& RetryOptions::on(Predicate predicate) {
  if (!predicate) throw std::invalid_argument("retry: the predicate is empty");
  auto predicates =
      predicates_ ? std::make_shared<std::vector<Predicate>>(*predicates_) : std::make_shared<std::vector<Predicate>>();
  predicates->push_back(std::move(predicate));
  predicates_ = std::move(predicates);
  return *this;
}

RetryOptions& RetryOptions::on_retry(Hook hook) {
  hook_ = hook ? std::make_shared<const Hook>(std::move(hook)) : nullptr;
  return *this;
}

RetryOptions& RetryOptions::until(Clock::time_point deadline) noexcept {
  until_ = deadline;
  return *this;
}

RetryOptions& RetryOptions::within(Clock::duration limit) noexcept {
  within_ = limit;
  return *this;
}

RetryOptions& RetryOptions::seed(std::uint64_t seed) noexcept {
  seed_ = seed;
  return *this;
}

namespace detail {

RetryState::RetryState(RetryOptions options)
    : options_(std::move(options)),
      cancelling_at_entry_(TaskState::current()->delivered_cancel_requests()),
      nominal_(static_cast<double>(options_.first_.count())),
      deadline_(options_.until_),
      random_(options_.seed_ ? *options_.seed_ : random_seed()) {
  if (options_.within_) take_earlier(deadline_, std::optional(EventLoop::current().time_after(*options_.within_)));
}

Clock::duration RetryState::pause_after(const std::exception_ptr& error) {
  const bool enough = options_.attempts_ != RetryOptions::unlimited && attempt_ >= options_.attempts_;
  // A cancellation is delivered once: were it turned into another error, the pause would no longer end by it.
  const bool cancelled = TaskState::current()->cancelling() > cancelling_at_entry_;
  if (enough || cancelled || !is_worth_retrying(error)) std::rethrow_exception(error);
  const Clock::duration pause = next_pause();
  if (!leaves_time_for(pause)) std::rethrow_exception(error);
  if (options_.hook_) (*options_.hook_)(attempt_, pause, error);
  ++attempt_;
  return pause;
}

bool RetryState::is_worth_retrying(const std::exception_ptr& error) const {
  const ErrorKind kind = kind_of(error);
  if (kind == ErrorKind::Cancellation) return false;
  if (!options_.predicates_) return kind == ErrorKind::Standard;
  return std::any_of(options_.predicates_->begin(), options_.predicates_->end(),
                     [&error](const RetryOptions::Predicate& predicate) { return predicate(error); });
}

bool RetryState::leaves_time_for(Clock::duration pause) const {
  // Not what a `timeout` around it says: whoever writes one expects its TimeoutError.
  Clock::time_point deadline = TaskState::current()->deadline;
  if (deadline_) deadline = std::min(deadline, *deadline_);
  return EventLoop::current().time_after(pause) <= deadline;
}

Clock::duration RetryState::next_pause() {
  const double cap = static_cast<double>(options_.cap_.count());
  const Clock::duration whole = nominal_ < cap ? Clock::duration(static_cast<Clock::rep>(nominal_)) : options_.cap_;
  nominal_ = std::min(nominal_ * options_.factor_, cap);
  Clock::duration least = whole;
  if (options_.jitter_ == Jitter::Full) least = Clock::duration::zero();
  if (options_.jitter_ == Jitter::Equal) least = whole / 2;
  std::uniform_int_distribution<Clock::rep> pause(least.count(), whole.count());
  return Clock::duration(pause(random_));
}

}  // namespace detail
}  // namespace coroute

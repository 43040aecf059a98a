// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Result<T>`: a value, or the error in its place, as a value.
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/gather.hpp"

namespace coroute {

namespace detail {

[[noreturn]] void throw_result_error(const std::exception_ptr& error);
bool is_cancellation(const std::exception_ptr& error) noexcept;

}  // namespace detail

/// How something ended: `if (result) use(*result); else log(result.error());`
template <class T = void>
class Result {
 public:
  using value_type = T;
  using Value = detail::NonVoid<T>;

  template <class... Args>
    requires std::is_constructible_v<Value, Args...>
  explicit Result(std::in_place_t, Args&&... args) : outcome_(std::in_place_index<0>, std::forward<Args>(args)...) {}
  /// `stack`: the await chain along which it was thrown, as far as known. `error` must not be null.
  explicit Result(std::exception_ptr error, std::vector<StackEntry> stack = {})
      : outcome_(std::in_place_index<1>, Failure(std::move(error), std::move(stack))) {}

  bool has_value() const noexcept { return outcome_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  /// True when it ended by `Cancelled`.
  bool cancelled() const noexcept { return !has_value() && std::get<1>(outcome_).is_cancelled; }

  /// The value; throws the error when there is none.
  Value& value() & {
    check();
    return std::get<0>(outcome_);
  }
  const Value& value() const& {
    check();
    return std::get<0>(outcome_);
  }
  Value&& value() && {
    check();
    return std::get<0>(std::move(outcome_));
  }
  Value& operator*() & { return value(); }
  const Value& operator*() const& { return value(); }
  Value&& operator*() && { return std::move(*this).value(); }
  Value* operator->() { return &value(); }
  const Value* operator->() const { return &value(); }

  template <class U>
  Value value_or(U&& fallback) const& {
    return has_value() ? std::get<0>(outcome_) : static_cast<Value>(std::forward<U>(fallback));
  }
  template <class U>
  Value value_or(U&& fallback) && {
    return has_value() ? std::get<0>(std::move(outcome_)) : static_cast<Value>(std::forward<U>(fallback));
  }

  /// Null when there is a value.
  std::exception_ptr error() const noexcept { return has_value() ? nullptr : std::get<1>(outcome_).error; }
  /// The await chain of the error, innermost first.
  std::vector<StackEntry> stack() const {
    return has_value() ? std::vector<StackEntry>() : std::get<1>(outcome_).stack;
  }

 private:
  struct Failure {
    Failure(std::exception_ptr from, std::vector<StackEntry> along)
        : error(std::move(from)), stack(std::move(along)), is_cancelled(detail::is_cancellation(error)) {}
    std::exception_ptr error;
    std::vector<StackEntry> stack;
    bool is_cancelled;
  };

  void check() const {
    if (!has_value()) detail::throw_result_error(std::get<1>(outcome_).error);
  }

  std::variant<Value, Failure> outcome_;
};

}  // namespace coroute

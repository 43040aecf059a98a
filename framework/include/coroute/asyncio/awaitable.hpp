// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What can stand behind `co_await` in an `Async` coroutine, and what that gives.
#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace coroute {
namespace detail {

/// Extension point: specialise with `static auto to_awaiter(T&&)` to make a foreign type awaitable (see asio.hpp).
template <class T>
struct AwaitTraits {};

template <class A>
concept AwaiterLike = requires(A& a) {
  { a.await_ready() } -> std::convertible_to<bool>;
  a.await_resume();
};

template <class A>
concept Adapted = requires(A&& a) { AwaitTraits<std::remove_cvref_t<A>>::to_awaiter(std::forward<A>(a)); };

template <class A>
concept HasCoAwait = requires(A&& a) { std::forward<A>(a).operator co_await(); };

template <class A>
concept AwaitableImpl = Adapted<A> || HasCoAwait<A> || AwaiterLike<std::remove_reference_t<A>>;

/// Stands for an awaiter that lives elsewhere: g++ 12 would copy it when `await_transform` returned a reference.
template <class A>
class AwaiterRef {
 public:
  explicit AwaiterRef(A& awaiter) noexcept : awaiter_(&awaiter) {}
  bool await_ready() { return awaiter_->await_ready(); }
  template <class P>
  decltype(auto) await_suspend(std::coroutine_handle<P> awaiting) {
    return awaiter_->await_suspend(awaiting);
  }
  decltype(auto) await_resume() { return awaiter_->await_resume(); }

 private:
  A* awaiter_;
};

template <class A>
  requires AwaitableImpl<A>
auto to_awaiter(A&& awaitable) {
  if constexpr (Adapted<A>) {
    return AwaitTraits<std::remove_cvref_t<A>>::to_awaiter(std::forward<A>(awaitable));
  } else if constexpr (HasCoAwait<A>) {
    return std::forward<A>(awaitable).operator co_await();
  } else {
    return AwaiterRef<std::remove_reference_t<A>>(awaitable);
  }
}

}  // namespace detail

/// Anything that may be `co_await`ed in an `Async`: an `Async`, a `Task`, the awaiters of this library, and with
/// `coroute/asio.hpp` every Asio operation.
template <class A>
concept Awaitable = detail::AwaitableImpl<A&&>;

/// The type of `co_await std::declval<A>()`.
template <Awaitable A>
using AwaitResult = decltype(std::declval<decltype(detail::to_awaiter(std::declval<A>()))>().await_resume());

}  // namespace coroute

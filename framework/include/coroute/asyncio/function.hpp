// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A move-only callable that may be called from several threads at once: std::function without copying and with
/// `const`.
#include <concepts>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

namespace coroute {

template <class Signature>
class Function;

/// Calls its target as an lvalue; the target is kept inline up to three pointers and on the heap beyond. Calling an
/// empty one is undefined: test it with `operator bool`.
template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() noexcept = default;
  Function(std::nullptr_t) noexcept {}

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Function> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  Function(F&& target) {
    emplace(std::forward<F>(target));
  }

  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Function() { reset(); }

  explicit operator bool() const noexcept { return call_ != nullptr; }
  R operator()(Args... args) const { return call_(storage_, std::forward<Args>(args)...); }

 private:
  static constexpr std::size_t inline_size = 3 * sizeof(void*);
  enum class Operation { Move, Destroy };

  template <class F>
  struct Inline;
  template <class F>
  struct OnHeap;

  template <class F>
  void emplace(F&& target);
  void reset() noexcept {
    if (manage_) manage_(Operation::Destroy, storage_, nullptr);
    call_ = nullptr;
    manage_ = nullptr;
  }
  void take(Function& other) noexcept {
    if (other.manage_) other.manage_(Operation::Move, other.storage_, storage_);
    call_ = std::exchange(other.call_, nullptr);
    manage_ = std::exchange(other.manage_, nullptr);
  }

  alignas(std::max_align_t) mutable std::byte storage_[inline_size];
  R (*call_)(std::byte*, Args&&...) = nullptr;
  void (*manage_)(Operation, std::byte*, std::byte*) noexcept = nullptr;
};

// Implementation

template <class R, class... Args>
template <class F>
struct Function<R(Args...)>::Inline {
  static F& target(std::byte* storage) noexcept { return *std::launder(reinterpret_cast<F*>(storage)); }

  static R call(std::byte* storage, Args&&... args) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(target(storage), std::forward<Args>(args)...);
    } else {
      return std::invoke(target(storage), std::forward<Args>(args)...);
    }
  }

  static void manage(Operation operation, std::byte* from, std::byte* to) noexcept {
    if (operation == Operation::Move) ::new (static_cast<void*>(to)) F(std::move(target(from)));
    target(from).~F();
  }
};

template <class R, class... Args>
template <class F>
struct Function<R(Args...)>::OnHeap {
  static F*& target(std::byte* storage) noexcept { return *std::launder(reinterpret_cast<F**>(storage)); }

  static R call(std::byte* storage, Args&&... args) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(*target(storage), std::forward<Args>(args)...);
    } else {
      return std::invoke(*target(storage), std::forward<Args>(args)...);
    }
  }

  static void manage(Operation operation, std::byte* from, std::byte* to) noexcept {
    if (operation == Operation::Move) {
      ::new (static_cast<void*>(to)) F*(target(from));
    } else {
      delete target(from);
    }
  }
};

template <class R, class... Args>
template <class F>
void Function<R(Args...)>::emplace(F&& target) {
  using Target = std::decay_t<F>;
  if constexpr (sizeof(Target) <= inline_size && std::is_nothrow_move_constructible_v<Target>) {
    ::new (static_cast<void*>(storage_)) Target(std::forward<F>(target));
    call_ = &Inline<Target>::call;
    manage_ = &Inline<Target>::manage;
  } else {
    ::new (static_cast<void*>(storage_)) Target*(new Target(std::forward<F>(target)));
    call_ = &OnHeap<Target>::call;
    manage_ = &OnHeap<Target>::manage;
  }
}

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `app.per_loop<T>(factory)`: a value for each event loop, that handlers capture.
///
///     auto hits = app.per_loop<Counter>([] { return Counter(); });
///     app.get("/", [hits](Request&) { return ++hits->count; });
#include <memory>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/function.hpp"

namespace coroute {
namespace detail {

/// `key` lives as long as what loops have for it, so that no later one has its address.
LoopLocal* find_loop_value(const std::shared_ptr<const void>& key);
void keep_loop_value(const std::shared_ptr<const void>& key, std::unique_ptr<LoopLocal> value);

template <class T>
struct LoopValue final : LoopLocal {
  LoopValue(std::shared_ptr<const void> of, const Function<T()>& factory) : key(std::move(of)), value(factory()) {}

  std::shared_ptr<const void> key;
  T value;
};

}  // namespace detail

/// Copies are the same state. Each loop's value is made on that loop when it is first asked for, used by that loop
/// alone, and destroyed with it.
template <class T>
class PerLoopState {
 public:
  /// `factory` is called by all loops, maybe at once.
  explicit PerLoopState(Function<T()> factory) : factory_(std::make_shared<const Function<T()>>(std::move(factory))) {}

  /// Of the current loop. RuntimeError where none runs; throws what the factory throws, and then asks it again.
  T& get() const {
    detail::LoopLocal* found = detail::find_loop_value(factory_);
    if (!found) {
      auto made = std::make_unique<detail::LoopValue<T>>(factory_, *factory_);
      found = made.get();
      detail::keep_loop_value(factory_, std::move(made));
    }
    return static_cast<detail::LoopValue<T>*>(found)->value;
  }
  T& operator*() const { return get(); }
  T* operator->() const { return &get(); }

 private:
  std::shared_ptr<const Function<T()>> factory_;
};

}  // namespace coroute

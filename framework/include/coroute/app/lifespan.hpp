// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What goes on around serving: `app.lifespan(f)`, FastAPI's lifespan.
///
///     auto model = app.lifespan([]() -> AsyncGenerator<Model> {
///       Model model = co_await to_thread(load_model);  // before the first request
///       co_yield std::move(model);
///       log_info("served");                            // after the last
///     });
///     app.get("/predict", [model](Query<double, "x"> x) { return model->predict(x); });
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "coroute/app/per_loop_state.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/function.hpp"
#include "coroute/asyncio/generator.hpp"

namespace coroute {

/// A lifespan that gives handlers nothing: `co_yield {}` stands for serving.
using Lifespan = AsyncGenerator<std::monostate>;

namespace detail {

/// One thing that is done around serving, by one loop.
class LifespanStep {
 public:
  LifespanStep() = default;
  virtual ~LifespanStep() = default;
  LifespanStep(const LifespanStep&) = delete;
  LifespanStep& operator=(const LifespanStep&) = delete;

  virtual Async<void> start() = 0;
  /// Only after `start` has succeeded.
  virtual Async<void> stop() = 0;
};

[[noreturn]] void throw_no_lifespan_value();
[[noreturn]] void throw_lifespan_without_yield();
[[noreturn]] void throw_lifespan_yielded_again();

template <class T>
class GeneratorStep final : public LifespanStep {
 public:
  explicit GeneratorStep(std::shared_ptr<const Function<AsyncGenerator<T>()>> make) : make_(std::move(make)) {}

  T& value() {
    if (!value_) throw_no_lifespan_value();
    return *value_;
  }

  Async<void> start() override {
    generator_.emplace((*make_)());
    value_ = co_await generator_->next();
    if (!value_) throw_lifespan_without_yield();
  }
  Async<void> stop() override {
    value_.reset();
    const std::optional<T> more = co_await generator_->next();
    generator_.reset();
    if (more) throw_lifespan_yielded_again();
  }

 private:
  std::shared_ptr<const Function<AsyncGenerator<T>()>> make_;
  std::optional<AsyncGenerator<T>> generator_;
  std::optional<T> value_;
};

template <class F>
struct LifespanOf {
  using Generator = std::invoke_result_t<const F&>;
  static_assert(is_generator<Generator>,
                "a lifespan is a generator: it returns Lifespan or AsyncGenerator<T> and has one co_yield, which "
                "stands for serving");
  using value_type = typename Generator::value_type;
};

template <class T, class F>
std::shared_ptr<const Function<AsyncGenerator<T>()>> share_lifespan(F make) {
  return std::make_shared<const Function<AsyncGenerator<T>()>>(std::move(make));
}

}  // namespace detail

/// What a lifespan has yielded, for handlers of all loops, at once. Copies are the same value. RuntimeError before the
/// `co_yield` and once serving has ended.
template <class T>
class LifespanValue {
 public:
  explicit LifespanValue(std::shared_ptr<detail::GeneratorStep<T>> step) : step_(std::move(step)) {}

  T& get() const { return step_->value(); }
  T& operator*() const { return get(); }
  T* operator->() const { return &get(); }

 private:
  std::shared_ptr<detail::GeneratorStep<T>> step_;
};

/// The same of a lifespan that each loop has for itself: the value of the current loop.
template <class T>
class LoopLifespanValue {
 public:
  using Steps = PerLoopState<std::shared_ptr<detail::GeneratorStep<T>>>;
  explicit LoopLifespanValue(Steps steps) : steps_(std::move(steps)) {}

  T& get() const { return (*steps_)->value(); }
  T& operator*() const { return get(); }
  T* operator->() const { return &get(); }

 private:
  Steps steps_;
};

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// All that an application, its routers and what is mounted in it do around serving.
#include <memory>
#include <vector>

#include "coroute/app/lifespan.hpp"
#include "coroute/app/per_loop_state.hpp"
#include "coroute/http/service.hpp"

namespace coroute::detail {

using LifespanStepRef = std::shared_ptr<LifespanStep>;

/// Declared on one thread, then run. Steps start one after the other in the order in which they were declared and stop
/// in the opposite one.
class LifespanSteps final : public ServingHooks {
 public:
  using MakeStep = Function<LifespanStepRef()>;

  void add(LifespanStepRef step) { steps_.push_back(std::move(step)); }
  /// `make` is called on each loop.
  void add_to_loops(MakeStep make) { loop_steps_.push_back(std::move(make)); }
  void take(LifespanSteps& other);
  bool empty() const noexcept { return steps_.empty() && loop_steps_.empty(); }

  Async<void> start() override;
  Async<void> start_loop() override;
  Async<void> stop_loop() override;
  Async<void> stop() override;

 private:
  std::vector<LifespanStepRef> steps_;
  std::vector<MakeStep> loop_steps_;
  PerLoopState<std::vector<LifespanStepRef>> started_on_loop_{[] { return std::vector<LifespanStepRef>(); }};
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How `create_task` makes a task.
#include <optional>
#include <string>
#include <utility>

#include "coroute/asyncio/context.hpp"

namespace coroute {

/// `create_task(f(), "name")` or `create_task(f(), TaskOptions("name").eager_start())`.
class TaskOptions {
 public:
  TaskOptions() = default;
  TaskOptions(std::string name) : name_(std::move(name)) {}  // NOLINT: a name alone is the common case
  TaskOptions(const char* name) : name_(name) {}             // NOLINT

  /// For people, in logs and task trees; without one it is "Task-<id>".
  TaskOptions& name(std::string name) {
    name_ = std::move(name);
    return *this;
  }
  /// Runs the first step inside `create_task`, up to the first await that has to wait: a task that needs none is done
  /// when `create_task` returns and never sees the loop.
  TaskOptions& eager_start(bool eager = true) noexcept {
    eager_start_ = eager;
    return *this;
  }
  /// Shares `context` instead of beginning with a copy of the creator's.
  TaskOptions& context(const Context& context) {
    context_ = context.ref();
    return *this;
  }
  /// Does not inherit the creator's deadline: for work that outlives it.
  TaskOptions& without_deadline() noexcept {
    inherits_deadline_ = false;
    return *this;
  }

  const std::string& name() const noexcept { return name_; }
  std::string take_name() noexcept { return std::move(name_); }
  bool is_eager() const noexcept { return eager_start_; }
  bool inherits_deadline() const noexcept { return inherits_deadline_; }
  const std::optional<detail::ContextRef>& shared_context() const noexcept { return context_; }

 private:
  std::string name_;
  std::optional<detail::ContextRef> context_;
  bool eager_start_ = false;
  bool inherits_deadline_ = true;
};

}  // namespace coroute

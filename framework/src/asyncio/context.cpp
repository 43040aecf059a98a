// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/context.hpp"

#include <algorithm>
#include <vector>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/errors.hpp"

namespace coroute {
namespace detail {

/// Few, so searched from front to back.
struct ContextValues {
  struct Entry {
    std::uint64_t variable;
    std::shared_ptr<const void> value;
  };
  std::vector<Entry> entries;
};

std::shared_ptr<const void> ContextState::find(std::uint64_t variable) const {
  if (!values_) return nullptr;
  for (const ContextValues::Entry& entry : values_->entries) {
    if (entry.variable == variable) return entry.value;
  }
  return nullptr;
}

std::shared_ptr<const void> ContextState::replace(std::uint64_t variable, std::shared_ptr<const void> value) {
  auto changed = values_ ? std::make_shared<ContextValues>(*values_) : std::make_shared<ContextValues>();
  auto& entries = changed->entries;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.variable == variable; });
  std::shared_ptr<const void> old;
  if (found != entries.end()) {
    old = std::move(found->value);
    if (value) {
      found->value = std::move(value);
    } else {
      entries.erase(found);
    }
  } else if (value) {
    entries.push_back({variable, std::move(value)});
  }
  values_ = std::move(changed);
  return old;
}

ContextState& ContextRef::get_or_make() {
  if (!state_) state_ = new ContextState;
  return *state_;
}

void ContextRef::release() noexcept {
  if (state_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete state_;
}

ContextRef ContextRef::copy_values() const {
  ContextRef copied;
  if (state_->values_) copied.get_or_make().values_ = state_->values_;
  return copied;
}

ContextRef& current_context() noexcept {
  if (TaskState* task = TaskState::current()) return task->context;
  thread_local ContextRef of_thread;
  return of_thread;
}

ContextRef leaving_context() {
  ContextRef context = current_context().copy();
  const TaskState* const task = TaskState::current();
  if (task && task->scope && task->scope->carry) task->scope->carry(*task->scope, context);
  return context;
}

std::uint64_t new_context_variable() noexcept {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

void throw_no_context_value(const std::string& name) {
  throw LookupError("context variable '" + name + "' has no value here and no default");
}

}  // namespace detail

Context copy_context() {
  return Context(detail::leaving_context());
}

void ContextToken::use(std::uint64_t variable) {
  if (variable != variable_) throw std::invalid_argument("the token was made by another ContextVar");
  if (!context_.get()) throw RuntimeError("the token has been used before");
  if (context_.get() != detail::current_context().get()) {
    throw std::invalid_argument("the token was made in another context");
  }
  context_.get()->replace(variable_, std::move(old_));
  context_ = {};
}

}  // namespace coroute

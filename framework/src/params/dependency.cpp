// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/dependency.hpp"

#include <algorithm>

#include "coroute/asyncio/errors.hpp"

namespace coroute {

void DependencyOverrides::set(const DependencyInfo& original, const DependencyInfo& substitute) {
  remove(original);
  substitutes_.emplace_back(&original, &substitute);
}

void DependencyOverrides::remove(const DependencyInfo& original) noexcept {
  std::erase_if(substitutes_, [&](const auto& pair) { return pair.first == &original; });
}

const detail::DependencyInfo& DependencyOverrides::find(const DependencyInfo& original) const noexcept {
  for (const auto& [from, to] : substitutes_) {
    if (from == &original) return *to;
  }
  return original;
}

namespace detail {

Async<std::exception_ptr> MadeValue::finish(std::exception_ptr error) {
  return Async<std::exception_ptr>::ready(std::move(error));
}

void throw_dependency_without_value() {
  throw RuntimeError("a dependency that is a generator ended without yielding a value");
}

void throw_dependency_with_two_values() {
  throw RuntimeError("a dependency that is a generator yielded a second value");
}

DependencyContext* DependencyContext::find(Request& request) noexcept {
  return static_cast<DependencyContext*>(request.attachment());
}

DependencyContext& DependencyContext::of(Request& request) {
  if (!request.attachment()) request.attach(std::make_unique<DependencyContext>(request));
  return *find(request);
}

Async<> DependencyContext::resolve(std::span<const DependencyTarget> targets) {
  for (const DependencyTarget& target : targets)
    co_await resolve_one(target);
}

Async<> DependencyContext::resolve_one(const DependencyTarget& target) {
  const DependencyOverrides* const overrides = request_.dependency_overrides();
  const DependencyInfo& info = overrides ? overrides->find(*target.info) : *target.info;
  if (target.use_cache) {
    for (const Made& made : made_) {
      if (made.info != &info) continue;
      *target.value = made.value->value();
      co_return;
    }
  }
  std::unique_ptr<MadeValue> value = co_await info.make(request_, *this);
  if (!value) co_return;
  *target.value = value->value();
  const bool later = value->has_teardown && target.scope == DependencyScope::Request;
  made_.push_back({&info, std::move(value), target.scope});
  if (!later || finishes_later_) co_return;
  finishes_later_ = true;
  request_.add_after_response(finish_request_scope());
}

Async<std::exception_ptr> DependencyContext::finish(DependencyScope scope, std::size_t depth,
                                                    std::exception_ptr error) {
  for (std::size_t i = made_.size(); i > depth; --i) {
    Made& made = made_[i - 1];
    if (!has_to_finish(made, scope)) continue;
    made.finished = true;
    error = co_await made.value->finish(std::move(error));
  }
  co_return error;
}

Async<> DependencyContext::finish_request_scope() {
  const std::exception_ptr error = co_await finish(DependencyScope::Request, 0, nullptr);
  if (error) std::rethrow_exception(error);
}

}  // namespace detail
}  // namespace coroute

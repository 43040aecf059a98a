// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/dependency.hpp"

#include <algorithm>

#include "coroute/asyncio/errors.hpp"

namespace coroute {

std::string SecurityScopes::scope_str() const {
  std::string text;
  for (const std::string& scope : scopes)
    text.append(text.empty() ? "" : " ").append(scope);
  return text;
}

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
namespace {

void add_scopes(const ScopeChain* chain, std::vector<std::string_view>& all) {
  if (!chain) return;
  add_scopes(chain->outer, all);
  for (const std::string_view scope : chain->own) {
    if (std::find(all.begin(), all.end(), scope) == all.end()) all.push_back(scope);
  }
}

}  // namespace

std::vector<std::string_view> scopes_of(const ScopeChain* chain) {
  std::vector<std::string_view> all;
  add_scopes(chain, all);
  return all;
}

Async<std::exception_ptr> MadeValue::finish(std::exception_ptr error) {
  return Async<std::exception_ptr>::ready(std::move(error));
}

void throw_dependency_without_value() {
  throw RuntimeError("a dependency that is a generator ended without yielding a value");
}

void throw_dependency_with_two_values() {
  throw RuntimeError("a dependency that is a generator yielded a second value");
}

}  // namespace detail
}  // namespace coroute

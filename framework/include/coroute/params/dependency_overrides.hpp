// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Functions that stand in for dependencies, in tests: FastAPI's dependency_overrides.
#include <utility>
#include <vector>

#include "coroute/params/dependency_info.hpp"

namespace coroute {

/// What the substitute takes from the request counts, not what the original took. One that stands in for a Singleton
/// or a PerLoop is made once too, unless it takes something from the request: then it is called once a request.
class DependencyOverrides {
  using DependencyInfo = detail::DependencyInfo;

 public:
  template <auto original, auto substitute>
  void set();
  void set(const DependencyInfo& original, const DependencyInfo& substitute);
  void remove(const DependencyInfo& original) noexcept;
  void clear() noexcept { substitutes_.clear(); }
  bool empty() const noexcept { return substitutes_.empty(); }
  const DependencyInfo& find(const DependencyInfo& original) const noexcept;

 private:
  std::vector<std::pair<const DependencyInfo*, const DependencyInfo*>> substitutes_;
};

}  // namespace coroute

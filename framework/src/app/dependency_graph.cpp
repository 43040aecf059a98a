// SPDX-License-Identifier: BSL-1.0
#include "app/dependency_graph.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/route_info.hpp"

namespace coroute::detail {
namespace {

class GraphCheck {
 public:
  explicit GraphCheck(const DependencyOverrides& overrides) noexcept : overrides_(overrides) {}

  void visit(const std::vector<const DependencyUse*>& uses, std::string_view path) {
    for (const DependencyUse* const each : uses)
      visit(*each, path);
  }
  bool shares() const noexcept { return shares_; }

 private:
  void visit(const DependencyUse& use, std::string_view path) {
    shares_ = shares_ || use.lifetime != DependencyLifetime::Request;
    const DependencyInfo& info = overrides_.find(*use.info);
    if (std::find(done_.begin(), done_.end(), &info) != done_.end()) return;
    if (std::find(open_.begin(), open_.end(), &info) != open_.end()) {
      throw std::invalid_argument("route \"" + std::string(path) +
                                  "\": a substitute in dependency_overrides depends on what it stands in for");
    }
    open_.push_back(&info);
    std::vector<const DependencyUse*> needed;
    info.list_dependencies(needed);
    visit(needed, path);
    open_.pop_back();
    done_.push_back(&info);
  }

  const DependencyOverrides& overrides_;
  std::vector<const DependencyInfo*> open_;  // from a route down to where the walk is
  std::vector<const DependencyInfo*> done_;
  bool shares_ = false;
};

}  // namespace

bool check_dependencies(RouteCollection& routes, const DependencyOverrides& overrides) {
  GraphCheck check(overrides);
  routes.for_each_route([&](const MethodSet&, std::string_view path, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<RouteInfo>(settings.declaration);
    if (!info) return;
    check.visit(info->options.dependencies, path);
    check.visit(info->dependencies, path);
  });
  return check.shares();
}

}  // namespace coroute::detail

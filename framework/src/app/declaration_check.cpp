// SPDX-License-Identifier: BSL-1.0
#include "app/declaration_check.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/route_info.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute::detail {
namespace {

/// Of one route.
class RouteCheck {
 public:
  RouteCheck(const DependencyOverrides& overrides, std::string_view path) noexcept
      : overrides_(overrides), path_(path) {}

  void visit(const std::vector<const DependencyUse*>& uses) {
    for (const DependencyUse* const each : uses)
      visit(*each);
  }
  void check(const std::vector<const ParameterInfo*>& parameters) const {
    for (const ParameterInfo* const each : parameters) {
      if (each->in == ParameterIn::Path && !each->name.empty() && count_parameter(path_, each->name) == 0) {
        refuse("has no placeholder for the path parameter \"" + std::string(each->name) + '"');
      }
    }
  }
  bool shares() const noexcept { return shares_; }

 private:
  void visit(const DependencyUse& use) {
    shares_ = shares_ || use.lifetime != DependencyLifetime::Request;
    const DependencyInfo& info = overrides_.find(*use.info);
    if (std::find(done_.begin(), done_.end(), &info) != done_.end()) return;
    if (std::find(open_.begin(), open_.end(), &info) != open_.end()) {
      refuse("a substitute in dependency_overrides depends on what it stands in for");
    }
    open_.push_back(&info);
    std::vector<const ParameterInfo*> parameters;
    info.list_parameters(parameters);
    check(parameters);
    std::vector<const DependencyUse*> needed;
    info.list_dependencies(needed);
    visit(needed);
    open_.pop_back();
    done_.push_back(&info);
  }
  [[noreturn]] void refuse(const std::string& why) const {
    throw std::invalid_argument("route \"" + std::string(path_) + "\": " + why);
  }

  const DependencyOverrides& overrides_;
  std::string_view path_;
  std::vector<const DependencyInfo*> open_;  // from a route down to where the walk is
  std::vector<const DependencyInfo*> done_;
  bool shares_ = false;
};

}  // namespace

bool check_declarations(RouteCollection& routes, const DependencyOverrides& overrides) {
  bool shares = false;
  routes.for_each_route([&](const MethodSet&, std::string_view path, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<RouteInfo>(settings.declaration);
    if (!info) return;
    RouteCheck check(overrides, path);
    check.check(info->parameters);
    check.visit(info->options.dependencies);
    check.visit(info->dependencies);
    shares = shares || check.shares();
  });
  return shares;
}

}  // namespace coroute::detail

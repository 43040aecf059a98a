// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/body_plan.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/route_info.hpp"

namespace coroute::detail {
namespace {

/// The parts of the body, those with one name once, and what the route has besides.
class BodyParts {
 public:
  void add(const ParameterInfo& info) {
    if (info.in == ParameterIn::Form) has_form_ = true;
    if (info.in != ParameterIn::Body) return;
    const auto is_same = [&](const ParameterInfo* known) {
      return known == &info || (!info.name.empty() && known->name == info.name);
    };
    if (std::none_of(parts_.begin(), parts_.end(), is_same)) parts_.push_back(&info);
  }

  void add(const DependencyInfo& info) {
    if (std::find(seen_.begin(), seen_.end(), &info) != seen_.end()) return;
    seen_.push_back(&info);
    std::vector<const ParameterInfo*> parameters;
    info.list_parameters(parameters);
    for (const ParameterInfo* const each : parameters)
      add(*each);
    std::vector<const DependencyUse*> needed;
    info.list_dependencies(needed);
    for (const DependencyUse* const each : needed)
      add(*each->info);
  }

  /// `path`: of the route.
  bool embedded(std::string_view path) const {
    const auto has_no_name = [](const ParameterInfo* part) { return part->name.empty(); };
    const bool several = parts_.size() > 1;
    if (several && std::any_of(parts_.begin(), parts_.end(), has_no_name)) {
      refuse(path, "takes several bodies: give each its name, Body<Item, \"item\">, also those of dependencies");
    }
    if (has_form_ && !parts_.empty()) refuse(path, "takes a form and a JSON body: it can have one of them");
    return several || (!parts_.empty() && parts_[0]->rules->embed);
  }

 private:
  [[noreturn]] static void refuse(std::string_view path, const char* why) {
    throw std::invalid_argument((path.empty() ? "a handler " : "route \"" + std::string(path) + "\" ") + why);
  }

  std::vector<const ParameterInfo*> parts_;
  std::vector<const DependencyInfo*> seen_;
  bool has_form_ = false;
};

}  // namespace

BodyPlan plan_body(std::span<const ParameterInfo* const> parameters, std::span<const DependencyUse* const> dependencies,
                   std::string_view path) {
  BodyParts parts;
  for (const ParameterInfo* const each : parameters)
    parts.add(*each);
  bool for_dependencies = false;
  for (const DependencyUse* const each : dependencies) {
    parts.add(*each->info);
    for_dependencies = for_dependencies || each->info->takes_body;
  }
  return {for_dependencies, parts.embedded(path)};
}

void RouteInfo::plan_body(std::string_view path) {
  std::vector<const DependencyUse*> all = options.dependencies;
  all.insert(all.end(), dependencies.begin(), dependencies.end());
  body = detail::plan_body(parameters, all, path);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "app/router_options.hpp"

namespace coroute::detail {
namespace {

template <class T>
void prepend(std::vector<T>& to, const std::vector<T>& what) {
  to.insert(to.begin(), what.begin(), what.end());
}

}  // namespace

void apply(const RouterOptions& router, RouteOptions& route) {
  prepend(route.tags, router.tags);
  prepend(route.dependencies, router.dependencies);
  prepend(route.callbacks, router.callbacks);
  route.responses.insert(router.responses.begin(), router.responses.end());
  route.deprecated = route.deprecated || router.deprecated;
  route.include_in_schema = route.include_in_schema && router.include_in_schema;
  if (!route.generate_unique_id_function) route.generate_unique_id_function = router.generate_unique_id_function;
  if (!route.answer_as) route.answer_as = router.answer_as;
  if (!route.form_limits) route.form_limits = router.form_limits;
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What is known of a route from its handler's signature and its options: what documents and dependencies need.
#include <memory>
#include <vector>

#include "coroute/app/answer.hpp"
#include "coroute/app/make_handler.hpp"
#include "coroute/app/route_options.hpp"
#include "coroute/params/argument.hpp"
#include "coroute/routing/route_collection.hpp"

namespace coroute::detail {

struct RouteInfo final : RouteDeclaration {
  RouteOptions options;
  std::vector<const ParameterInfo*> parameters;  ///< Of the handler itself.
  std::vector<const DependencyInfo*> dependencies;
  bool embeds_body = false;
  DescribeSchema response_schema = nullptr;
};

template <class R>
struct AnswerType {
  using type = R;
};
template <class T>
struct AnswerType<Async<T>> : AnswerType<T> {};
template <class T>
struct AnswerType<Result<T>> : AnswerType<T> {};

/// Null for what says nothing about itself: a Response, Json, nothing.
template <class R>
constexpr DescribeSchema schema_of_answer() {
  using T = typename AnswerType<R>::type;
  if constexpr (std::is_void_v<T> || std::same_as<T, Response> || std::same_as<T, Json>) {
    return nullptr;
  } else if constexpr (Describable<Written<T>>) {
    return &schema_of<Written<T>>;
  } else {
    return nullptr;
  }
}

template <class F>
std::shared_ptr<RouteInfo> make_route_info(RouteOptions options) {
  auto info = std::make_shared<RouteInfo>();
  info->options = std::move(options);
  if constexpr (HasSignature<F>) {
    using Arguments = typename Signature<F>::Arguments;
    Arguments::list_parameters(info->parameters);
    Arguments::list_dependencies(info->dependencies);
    info->embeds_body = Arguments::embeds_body();
    info->response_schema = schema_of_answer<typename Signature<F>::Result>();
  }
  return info;
}

}  // namespace coroute::detail

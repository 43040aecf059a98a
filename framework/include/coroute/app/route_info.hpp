// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What is known of a route from its handler's signature and its options: what documents and dependencies need.
#include <memory>
#include <string_view>
#include <vector>

#include "coroute/app/answer.hpp"
#include "coroute/app/body_plan.hpp"
#include "coroute/app/make_handler.hpp"
#include "coroute/app/route_options.hpp"
#include "coroute/params/argument.hpp"
#include "coroute/routing/route_collection.hpp"

namespace coroute::detail {

struct RouteInfo final : RouteDeclaration {
  RouteOptions options;
  std::vector<const ParameterInfo*> parameters;    ///< Of the handler itself.
  std::vector<const DependencyUse*> dependencies;  ///< Of the handler itself.
  BodyPlan body;                                   ///< Of the route as a whole.
  DescribeSchema response_schema = nullptr;
  AnswerOptions answer;
  bool answers_itself = false;
  bool answers_value = false;                             ///< Which is JSON, being neither a text nor a Response.
  DescribeSchema item_schema = nullptr;                   ///< Of what a generator yields.
  StreamAs (*stream_as)(AnswerAs as) noexcept = nullptr;  ///< Of a generator.

  /// After a change of the options.
  void plan(std::string_view path);
  const FormLimits* form_limits() const noexcept override {
    return options.form_limits ? &*options.form_limits : nullptr;
  }

 private:
  void plan_body(std::string_view path);
};

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

/// Null for events, which say nothing about their data, and for text.
template <class Item>
constexpr DescribeSchema schema_of_item() {
  if constexpr (std::same_as<Item, ServerSentEvent>) {
    return nullptr;
  } else {
    return schema_of_answer<Item>();
  }
}

/// With the options alone.
std::shared_ptr<RouteInfo> new_route_info(const RouteOptions& options);

/// Adds what the handler's signature says.
template <class F>
void add_signature(RouteInfo& info) {
  if constexpr (HasSignature<F>) {
    using Arguments = typename Signature<F>::Arguments;
    Arguments::list_parameters(info.parameters);
    Arguments::list_dependencies(info.dependencies);
    using Value = typename AnswerType<typename Signature<F>::Result>::type;
    info.answers_itself = std::same_as<Value, Response>;
    info.answers_value = !info.answers_itself && !is_text<Value>;
    info.response_schema = schema_of_answer<typename Signature<F>::Result>();
    if constexpr (is_stream<Value>) {
      info.item_schema = schema_of_item<typename Value::value_type>();
      info.stream_as = &stream_as<typename Value::value_type>;
    }
  }
}

}  // namespace coroute::detail

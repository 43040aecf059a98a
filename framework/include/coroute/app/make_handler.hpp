// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a function becomes a Handler: its arguments are read from the request, what it returns becomes the answer.
#include <memory>
#include <type_traits>
#include <utility>

#include "coroute/app/answer.hpp"
#include "coroute/app/body_plan.hpp"
#include "coroute/http/handler.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/params/argument.hpp"
#include "coroute/params/dependency.hpp"

namespace coroute {
namespace detail {

template <class R>
Async<Response> answer_from(Async<R> coroutine, const AnswerOptions& options) {
  if constexpr (std::is_void_v<R>) {
    co_await std::move(coroutine);
    co_return null_response(options);
  } else {
    R value = co_await std::move(coroutine);
    co_return to_response(std::move(value), options);
  }
}

/// The result of a function, awaited or not, as the answer of a plain function or a coroutine.
template <class Result, class Call>
Async<Response> answer_at_once(Call call, const AnswerOptions& options) {
  if constexpr (std::same_as<Result, Async<Response>>) {
    return call();
  } else if constexpr (is_async<Result>) {
    return answer_from(call(), options);
  } else if constexpr (std::is_void_v<Result>) {
    call();
    return Async<Response>::ready(null_response(options));
  } else {
    return Async<Response>::ready(to_response(call(), options));
  }
}

struct RouteInfo;
/// Runs dependencies of the route around its handler, which reports what is wrong with their parameters.
Async<Response> run_with_dependencies(const RouteInfo& route, const Handler& next, Request& request);

/// Throws what is wrong so far: with parameters of dependencies, with those of the handler, with the body.
void check_problems(Request& request, Problems& problems, Problems& body_problems, std::string_view body);

/// Where the arguments of a call are: with what a generator refers to, when it goes on later.
template <class Arguments, bool kept>
struct ArgumentsOfCall {
  Arguments& get() noexcept { return arguments; }
  void keep_with(Response&) const noexcept {}
  Arguments arguments;
};
template <class Arguments>
struct ArgumentsOfCall<Arguments, true> {
  Arguments& get() noexcept { return *arguments; }
  void keep_with(Response& response) const { keep_with_stream(response, arguments); }
  std::shared_ptr<Arguments> arguments = std::make_shared<Arguments>();
};

template <class F>
Async<Response> call_and_answer(const F& function, typename Signature<F>::Arguments& arguments, Request& request,
                                Response* injected, const AnswerOptions& options) {
  using Result = typename Signature<F>::Result;
  if constexpr (is_async<Result>) {
    if constexpr (std::is_void_v<typename Result::value_type>) {
      co_await arguments.call(function, request, injected);
      co_return null_response(options);
    } else {
      typename Result::value_type value = co_await arguments.call(function, request, injected);
      co_return to_response(std::move(value), options);
    }
  } else if constexpr (std::is_void_v<Result>) {
    arguments.call(function, request, injected);
    co_return null_response(options);
  } else {
    co_return to_response(arguments.call(function, request, injected), options);
  }
}

/// Lets what was set up for a handler go on with its end, good or bad.
Async<Response> finish_dependencies(DependencyContext& context, std::size_t depth, Async<Response> answer);

template <class F>
Async<Response> answer_with_dependencies(const F& function, typename Signature<F>::Arguments& arguments,
                                         Request& request, Problems& problems, Problems& body_problems,
                                         std::string_view body, const AnswerOptions& options) {
  DependencyContext& context = DependencyContext::of(request);
  const auto targets = arguments.dependency_targets();
  co_await context.resolve(targets, context.problems());
  arguments.extract(request, problems);
  check_problems(request, problems, body_problems, body);
  Response response = co_await call_and_answer(function, arguments, request, &context.response(), options);
  if constexpr (!answers_itself<typename Signature<F>::Result>) context.merge_response_into(response);
  co_return response;
}

/// For signatures that need more than one step: a body to await, dependencies, arguments that must outlive the call.
template <class F>
Async<Response> run_endpoint(const F& function, Request& request, const AnswerOptions& options, bool embeds_body) {
  using Arguments = typename Signature<F>::Arguments;
  ArgumentsOfCall<Arguments, is_stream<typename AnswerType<typename Signature<F>::Result>::type>> place;
  Arguments& arguments = place.get();
  Problems problems;
  Problems body_problems;
  std::string_view body;
  static_assert(!Arguments::takes_form || Arguments::bodies == 0, "a handler takes a form or a JSON body, not both");
  if constexpr (Arguments::takes_form) co_await request.form();
  if constexpr (Arguments::dependencies_take_body()) {
    co_await DependencyContext::of(request, options.status).read_body(embeds_body);
  }
  if constexpr (Arguments::bodies > 0) {
    const DependencyContext* const context = DependencyContext::find(request);
    if (context && context->has_body()) embeds_body = context->embeds_body();
    body = co_await request.body();
    const auto targets = arguments.body_targets();
    decode_body(body, request.header("content-type").value_or(""), targets, embeds_body, body_problems);
  }
  if constexpr (Arguments::dependencies > 0 || Arguments::takes_response) {
    DependencyContext& context = DependencyContext::of(request, options.status);
    const std::size_t depth = context.depth();
    Async<Response> answer =
        answer_with_dependencies(function, arguments, request, problems, body_problems, body, options);
    Response response = co_await finish_dependencies(context, depth, std::move(answer));
    place.keep_with(response);
    co_return response;
  } else {
    arguments.extract(request, problems);
    check_problems(request, problems, body_problems, body);
    Response response = co_await call_and_answer(function, arguments, request, nullptr, options);
    place.keep_with(response);
    co_return response;
  }
}

/// In one step, without a coroutine frame of our own.
template <class F>
Async<Response> call_endpoint(const F& function, Request& request, const AnswerOptions& options) {
  typename Signature<F>::Arguments arguments;
  Problems problems;
  arguments.extract(request, problems);
  if (!problems.empty() || request.attachment()) {
    Problems none;
    check_problems(request, problems, none, {});
  }
  return answer_at_once<typename Signature<F>::Result>(
      [&]() -> decltype(auto) { return arguments.call(function, request, nullptr); }, options);
}

template <class Arguments>
bool embeds_body() {
  if constexpr (Arguments::dependencies_take_body()) {
    std::vector<const ParameterInfo*> parameters;
    std::vector<const DependencyUse*> dependencies;
    Arguments::list_parameters(parameters);
    Arguments::list_dependencies(dependencies);
    return plan_body(parameters, dependencies).embedded;
  } else {
    return Arguments::embeds_body();
  }
}

template <class T>
inline constexpr bool is_answerable = Answer<T>;
template <class T>
inline constexpr bool is_answerable<Async<T>> = Answer<T>;

/// Checks that the compiler's message comes with the type.
template <class A>
struct HandlerArgument {
  static constexpr bool is_known = kind_of_argument<std::remove_cvref_t<A>>() != ArgumentKind::Unknown;
  static_assert(is_known,
                "a handler takes Request&, Response&, Path<>, Query<>, Header<>, Cookie<>, Params<>, Body<> or a "
                "model (the JSON body); one of its arguments is something else");
  static constexpr bool is_for_http = kind_of_argument<std::remove_cvref_t<A>>() != ArgumentKind::WebSocket;
};
template <class... A>
struct AllKnown {
  static constexpr bool value = (HandlerArgument<A>::is_known && ...);
};
template <class... A>
struct AllForHttp {
  static constexpr bool value = (HandlerArgument<A>::is_for_http && ...);
};

/// What is inside of a type's optionals, lists, parameters and coroutines.
template <class T>
struct Inside {
  using type = T;
};
template <class T>
using InsideOf = typename Inside<T>::type;
template <class T>
  requires is_optional<T>
struct Inside<T> : Inside<std::remove_cvref_t<decltype(*std::declval<const T&>())>> {};
template <class T>
  requires(List<T> || Set<T>)
struct Inside<T> : Inside<typename T::value_type> {};
template <class T>
struct Inside<Async<T>> : Inside<T> {};
template <class T>
struct Inside<AsyncGenerator<T>> : Inside<T> {};
template <ParameterIn where, class T, FixedString name, auto... constraints>
struct Inside<Parameter<where, T, name, constraints...>> : Inside<T> {};

/// Here, where the way from the user's line is short. What a model has inside is checked when it is used.
template <class T>
constexpr bool check_model_inside() {
  if constexpr (std::is_class_v<T> && !is_needed<T>) {
    if constexpr (Model<T>) return check_model<T>();
  }
  return true;
}
template <class... A>
struct GoodModels {
  static constexpr bool value = (check_model_inside<InsideOf<std::remove_cvref_t<A>>>() && ...);
};

template <class F>
concept HasSignature = requires { typename Signature<F>::Result; };

}  // namespace detail

/// `function` takes any of: `Request&`, `Path`, `Query`, `Header`, `Cookie`, `Params`, a model or `Body` (the JSON
/// body), `Depends`, `Security`, `Singleton`, `PerLoop`, `Response&` (whose headers, cookies and status go into the
/// answer, unless the function returns a Response: that says all itself). It returns a value or an `Async` of one:
/// a Response, a model or anything else that has a Codec, or nothing; or it is a generator of such values, of events or
/// of text, and its answer a stream. What the request has wrong is answered with 422
/// before it is called. Called by all loops at once.
template <class F>
Handler make_handler(F function, std::shared_ptr<const detail::AnswerOptions> options) {
  static_assert(detail::HasSignature<F>,
                "a handler is a function or a lambda that is not mutable, since all loops call it at once; one that is "
                "generic or overloaded takes Request& alone");
  if constexpr (detail::HasSignature<F>) {
    using Signature = detail::Signature<F>;
    constexpr bool known = Signature::template Apply<detail::AllKnown>::value;
    constexpr bool for_http = Signature::template Apply<detail::AllForHttp>::value;
    static_assert(for_http, "only the handlers of websocket(path, handler) take a WebSocket&");
    constexpr bool answers = detail::is_answerable<typename Signature::Result>;
    static_assert(
        answers,
        "a handler returns a Response, a model or other value that can be written as JSON, a generator of such "
        "values, or nothing");
    constexpr bool good_models =
        Signature::template Apply<detail::GoodModels>::value && detail::GoodModels<typename Signature::Result>::value;
    if constexpr (known && for_http && answers && good_models) {
      constexpr bool in_steps = Signature::Arguments::bodies > 0 || Signature::Arguments::takes_form ||
                                Signature::Arguments::dependencies > 0 || Signature::Arguments::takes_response ||
                                !Signature::keeps_nothing;
      if constexpr (in_steps) {
        const bool embeds_body = detail::embeds_body<typename Signature::Arguments>();
        return [function = std::move(function), options = std::move(options), embeds_body](Request& request) {
          return detail::run_endpoint<F>(function, request, *options, embeds_body);
        };
      } else {
        return [function = std::move(function), options = std::move(options)](Request& request) {
          return detail::call_endpoint<F>(function, request, *options);
        };
      }
    }
  }
}

template <class F>
Handler make_handler(F function, Status status = Status::Ok) {
  return make_handler(std::move(function), detail::answer_options(status));
}

}  // namespace coroute

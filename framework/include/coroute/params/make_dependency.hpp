// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How a function, or a type that takes itself from the request, makes the value of a dependency.
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/params/dependency_context.hpp"
#include "coroute/params/signature.hpp"

namespace coroute::detail {

template <class T>
inline constexpr bool is_async = false;
template <class T>
inline constexpr bool is_async<Async<T>> = true;

template <class R>
struct MadeBy {
  using type = R;
};
template <class T>
struct MadeBy<Async<T>> {
  using type = T;
};
template <class T>
struct MadeBy<AsyncGenerator<T>> {
  using type = T;
};

/// Of a function of type F.
template <class F>
using MadeFrom = NonVoid<std::remove_cvref_t<typename MadeBy<typename Signature<F>::Result>::type>>;

template <class T>
struct PlainValue final : MadeValue {
  template <class... Args>
  explicit PlainValue(Args&&... args) : made(std::forward<Args>(args)...) {}
  const void* value() const noexcept override { return &made; }
  T made;
};

[[noreturn]] void throw_dependency_without_value();
[[noreturn]] void throw_dependency_with_two_values();

template <class T, class Arguments>
struct GeneratedValue final : MadeValue {
  const void* value() const noexcept override { return &*made; }
  Async<> begin(AsyncGenerator<T> begun) {
    generator.emplace(std::move(begun));
    made = co_await generator->next();
    if (!made) throw_dependency_without_value();
    has_teardown = true;
  }
  Async<std::exception_ptr> finish(std::exception_ptr error) override {
    std::exception_ptr out;
    try {
      if (error) {
        const std::optional<T> more = co_await generator->athrow(error);
        if (more) throw_dependency_with_two_values();
      } else {
        const std::optional<T> more = co_await generator->next();
        if (more) throw_dependency_with_two_values();
      }
    } catch (...) {
      out = std::current_exception();
    }
    co_return out;
  }

  Arguments arguments;  // the generator may have taken them by reference
  std::optional<AsyncGenerator<T>> generator;
  std::optional<T> made;
};

/// Where the arguments of a dependency are: with what it made, when that goes on later.
template <class T, class Arguments, bool is_generator>
struct ArgumentsPlace {
  Arguments& get() noexcept { return arguments; }
  Arguments arguments;
};
template <class T, class Arguments>
struct ArgumentsPlace<T, Arguments, true> {
  Arguments& get() noexcept { return made->arguments; }
  std::unique_ptr<GeneratedValue<T, Arguments>> made = std::make_unique<GeneratedValue<T, Arguments>>();
};

template <auto function>
Async<std::unique_ptr<MadeValue>> make_dependency(const DependencyCall& call) {
  using Signature = detail::Signature<decltype(function)>;
  using Result = typename Signature::Result;
  using Value = MadeFrom<decltype(function)>;
  ArgumentsPlace<Value, typename Signature::Arguments, is_generator<Result>> place;
  typename Signature::Arguments& arguments = place.get();
  Request& request = call.request;
  DependencyContext& context = call.context;
  const std::size_t before = call.problems.count();
  if constexpr (Signature::Arguments::dependencies > 0) {
    const auto targets = arguments.dependency_targets();
    co_await context.resolve(targets, call.problems, call.scopes);
  }
  if constexpr (Signature::Arguments::takes_form) co_await context.read_form();
  arguments.extract(request, call.problems);
  if constexpr (Signature::Arguments::bodies > 0) {
    co_await context.read_body(Signature::Arguments::embeds_body());
    const auto bodies = arguments.body_targets();
    context.decode(bodies, call.problems);
  }
  if (call.problems.count() != before) co_return nullptr;
  arguments.set_scopes(call.scopes);
  if constexpr (is_generator<Result>) {
    co_await place.made->begin(arguments.call(function, request, &context.response()));
    co_return std::move(place.made);
  } else if constexpr (is_async<Result>) {
    if constexpr (std::is_void_v<typename Result::value_type>) {
      co_await arguments.call(function, request, &context.response());
      co_return std::make_unique<PlainValue<Value>>();
    } else {
      Value value = co_await arguments.call(function, request, &context.response());
      co_return std::make_unique<PlainValue<Value>>(std::move(value));
    }
  } else if constexpr (std::is_void_v<Result>) {
    arguments.call(function, request, &context.response());
    co_return std::make_unique<PlainValue<Value>>();
  } else {
    co_return std::make_unique<PlainValue<Value>>(arguments.call(function, request, &context.response()));
  }
}

template <class A>
Async<std::unique_ptr<MadeValue>> make_extracted(const DependencyCall& call) {
  Request& request = call.request;
  if constexpr (is_optional_extractor<A>) {
    co_return std::make_unique<PlainValue<A>>(A::value_type::try_from_request(request));
  } else if constexpr (is_async<decltype(A::from_request(request))>) {
    A value = co_await A::from_request(request);
    co_return std::make_unique<PlainValue<A>>(std::move(value));
  } else {
    co_return std::make_unique<PlainValue<A>>(A::from_request(request));
  }
}

template <class A>
struct Authenticating {
  using type = A;
};
template <class A>
struct Authenticating<std::optional<A>> {
  using type = A;
};

template <class A>
constexpr auto security_scheme_of() {
  using Get = const SecurityScheme& (*)();
  if constexpr (requires { Authenticating<A>::type::security_scheme(); }) {
    return Get(&Authenticating<A>::type::security_scheme);
  } else {
    return Get(nullptr);
  }
}

template <class A>
inline constexpr DependencyInfo extractor_info{.make = &make_extracted<A>,
                                               .list_parameters = [](std::vector<const ParameterInfo*>&) {},
                                               .list_dependencies = [](std::vector<const DependencyUse*>&) {},
                                               .security_scheme = security_scheme_of<A>(),
                                               .is_optional = is_optional_extractor<A>,
                                               .uses_scopes = security_scheme_of<A>() != nullptr};

template <class A>
struct Extracted {
  static constexpr DependencyUse use{.info = &extractor_info<A>};
};

template <auto function>
constexpr DependencyInfo describe_dependency() {
  using Arguments = typename Signature<decltype(function)>::Arguments;
  return {.make = &make_dependency<function>,
          .list_parameters = &Arguments::list_parameters,
          .list_dependencies = &Arguments::list_dependencies,
          .uses_scopes = Arguments::uses_scopes(),
          .takes_body = Arguments::bodies > 0 || Arguments::dependencies_take_body(),
          .longest = Arguments::longest_lifetime()};
}
template <auto function>
inline constexpr DependencyInfo function_info = describe_dependency<function>();

}  // namespace coroute::detail

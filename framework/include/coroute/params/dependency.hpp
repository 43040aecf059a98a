// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Depends<f>`: an argument that another function makes, whose own arguments come from the request in turn.
///
///     Async<User> current_user(Header<std::string, "authorization"> token);
///     Async<Item> read_item(Path<int, "item_id"> id, Depends<current_user> user);
///
/// A dependency is called once a request, whoever asks for it. One that is an AsyncGenerator sets something up, yields
/// it, and goes on when the request is done: with the handler's error thrown at its `co_yield` when there is one.
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/http/request.hpp"
#include "coroute/params/argument.hpp"

namespace coroute {

struct NoCacheOption {};
/// `Depends<f, no_cache>`: called again, though another one has its value already.
inline constexpr NoCacheOption no_cache{};

namespace detail {

/// What a dependency made, while the request lives.
struct MadeValue {
  MadeValue() = default;
  MadeValue(const MadeValue&) = delete;
  MadeValue& operator=(const MadeValue&) = delete;
  virtual ~MadeValue() = default;
  virtual const void* value() const noexcept = 0;
  /// Lets a generator go on: with the error, if any. Gives the error that comes out.
  virtual Async<std::exception_ptr> finish(std::exception_ptr error);

  bool has_teardown = false;
};

}  // namespace detail

/// Functions that stand in for dependencies, in tests: FastAPI's dependency_overrides. What the substitute takes from
/// the request counts, not what the original took.
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

namespace detail {

/// The dependencies of one request: their values, what is wrong with their parameters, and what they have left to do.
class DependencyContext : public RequestAttachment {
 public:
  static DependencyContext& of(Request& request);
  /// Null when the request has had no dependency so far.
  static DependencyContext* find(Request& request) noexcept;

  explicit DependencyContext(Request& request) noexcept : request_(request) {}

  /// In order, each after those that it depends on. One whose parameters are wrong has no value.
  Async<> resolve(std::span<const DependencyTarget> targets);
  Problems& problems() noexcept { return problems_; }
  /// What dependencies and the handler set on their `Response&`.
  Response& response() noexcept { return response_; }

  /// For `finish`: what is set up now.
  std::size_t depth() const noexcept { return made_.size(); }
  /// Lets the generators of `scope` beyond `depth` go on with `error`, which may be null, the last one first; gives the
  /// error that comes out.
  Async<std::exception_ptr> finish(DependencyScope scope, std::size_t depth, std::exception_ptr error);

 private:
  struct Made {
    const DependencyInfo* info;
    std::unique_ptr<MadeValue> value;
    DependencyScope scope;
    bool finished = false;
  };

  static bool has_to_finish(const Made& made, DependencyScope scope) noexcept {
    return made.scope == scope && made.value->has_teardown && !made.finished;
  }
  Async<> resolve_one(const DependencyTarget& target);
  Async<> finish_request_scope();

  Request& request_;
  Problems problems_;
  Response response_;
  std::vector<Made> made_;
  bool finishes_later_ = false;
};

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
template <class R>
inline constexpr bool is_generator = false;
template <class T>
inline constexpr bool is_generator<AsyncGenerator<T>> = true;

template <auto function>
using DependencyValue =
    NonVoid<std::remove_cvref_t<typename MadeBy<typename Signature<decltype(function)>::Result>::type>>;

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
Async<std::unique_ptr<MadeValue>> make_dependency(Request& request, DependencyContext& context) {
  using Signature = detail::Signature<decltype(function)>;
  using Result = typename Signature::Result;
  using Value = DependencyValue<function>;
  ArgumentsPlace<Value, typename Signature::Arguments, is_generator<Result>> place;
  typename Signature::Arguments& arguments = place.get();
  static_assert(Signature::Arguments::bodies == 0, "a dependency can't take the body: take it in the handler");
  const std::size_t before = context.problems().count();
  if constexpr (Signature::Arguments::dependencies > 0) {
    const auto targets = arguments.dependency_targets();
    co_await context.resolve(targets);
  }
  if constexpr (Signature::Arguments::takes_form) co_await request.form();
  arguments.extract(request, context.problems());
  if (context.problems().count() != before) co_return nullptr;
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
Async<std::unique_ptr<MadeValue>> make_extracted(Request& request, DependencyContext&) {
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
const DependencyInfo& extractor_info() {
  static constexpr DependencyInfo info{.make = &make_extracted<A>,
                                       .list_parameters = [](std::vector<const ParameterInfo*>&) {},
                                       .list_dependencies = [](std::vector<const DependencyInfo*>&) {},
                                       .security_scheme = security_scheme_of<A>()};
  return info;
}

template <auto function>
const DependencyInfo& dependency_info() {
  using Arguments = typename Signature<decltype(function)>::Arguments;
  static constexpr DependencyInfo info{.make = &make_dependency<function>,
                                       .list_parameters = &Arguments::list_parameters,
                                       .list_dependencies = &Arguments::list_dependencies};
  return info;
}

}  // namespace detail

/// The value of a dependency: `*user`, `user->name`, or where it is wanted. `options`: no_cache, a DependencyScope.
template <auto function, auto... options>
class Depends {
 public:
  using value_type = detail::DependencyValue<function>;

  const value_type& operator*() const noexcept { return *static_cast<const value_type*>(value_); }
  const value_type* operator->() const noexcept { return static_cast<const value_type*>(value_); }
  operator const value_type&() const noexcept { return **this; }  // NOLINT(google-explicit-constructor)

  static const detail::DependencyInfo& info() { return detail::dependency_info<function>(); }
  detail::DependencyTarget target() {
    return {&info(), &value_, !(std::same_as<std::remove_cvref_t<decltype(options)>, NoCacheOption> || ...), scope()};
  }

 private:
  static constexpr DependencyScope scope() {
    DependencyScope scope = DependencyScope::Request;
    [[maybe_unused]] const auto take = [&]<class Option>(Option option) {
      if constexpr (std::same_as<Option, DependencyScope>) scope = option;
    };
    (take(options), ...);
    return scope;
  }

  const void* value_ = nullptr;
};

template <auto original, auto substitute>
void DependencyOverrides::set() {
  static_assert(std::same_as<detail::DependencyValue<original>, detail::DependencyValue<substitute>>,
                "a dependency can be replaced only by one that makes a value of the same type");
  set(detail::dependency_info<original>(), detail::dependency_info<substitute>());
}

/// For lists of dependencies that are only run: `{.dependencies = {depends<verify_token>()}}`.
template <auto function>
const detail::DependencyInfo* depends() {
  return &detail::dependency_info<function>();
}

}  // namespace coroute

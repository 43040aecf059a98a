// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a handler may take: how each kind of argument comes from a request.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"
#include "coroute/params/body.hpp"
#include "coroute/params/dependency_info.hpp"
#include "coroute/params/parameter.hpp"
#include "coroute/params/security_scopes.hpp"

namespace coroute {

namespace detail {

template <class T>
inline constexpr bool is_one_of = false;
template <FixedString tag, class... T>
inline constexpr bool is_one_of<OneOf<tag, T...>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

/// A type that is the JSON body when a handler takes it as it is.
template <class T>
inline constexpr bool is_body_value =
    Model<T> || is_patch<T> || is_one_of<T> || is_variant<T> || std::same_as<T, Json> ||
    (FromJson<T> && requires(const T& container) { container.begin(); } && !std::same_as<T, std::string>);
template <class T>
inline constexpr bool is_body_value<std::optional<T>> = is_body_value<T>;

template <class T>
inline constexpr bool is_body_parameter = false;
template <class T, FixedString name, auto... constraints>
inline constexpr bool is_body_parameter<Parameter<ParameterIn::Body, T, name, constraints...>> = true;

/// A type of the user's, or a security scheme, that takes itself from the request: `static A from_request(Request&)`,
/// or an `Async` of it.
template <class A>
concept Extractor = requires(coroute::Request& request) { A::from_request(request); };

template <class A>
inline constexpr bool is_optional_extractor = false;
template <Extractor A>
inline constexpr bool is_optional_extractor<std::optional<A>> = requires(coroute::Request& request) {
  { A::try_from_request(request) } -> std::same_as<std::optional<A>>;
};

enum class ArgumentKind : unsigned char {
  Request,
  Response,
  Parameter,
  Group,
  Body,
  Dependency,
  Extracted,
  Scopes,
  WebSocket,
  Unknown
};

template <class A>
concept Dependency = requires(A& argument) {
  { argument.target() } -> std::same_as<DependencyTarget>;
};
/// `A` without const and reference. WebSocket is only declared here.
template <class A>
inline constexpr bool is_needed = Dependency<A> || Extractor<A> || is_optional_extractor<A>;
template <>
inline constexpr bool is_needed<WebSocket> = false;

/// `A` without const and reference.
template <class A>
constexpr ArgumentKind kind_of_argument() {
  if constexpr (std::same_as<A, coroute::Request>) {
    return ArgumentKind::Request;
  } else if constexpr (std::same_as<A, coroute::Response>) {
    return ArgumentKind::Response;
  } else if constexpr (std::same_as<A, coroute::WebSocket>) {
    return ArgumentKind::WebSocket;
  } else if constexpr (Dependency<A>) {
    return ArgumentKind::Dependency;
  } else if constexpr (Extractor<A> || is_optional_extractor<A>) {
    return ArgumentKind::Extracted;
  } else if constexpr (std::same_as<A, SecurityScopes>) {
    return ArgumentKind::Scopes;
  } else if constexpr (is_body_parameter<A> || is_body_value<A>) {
    return ArgumentKind::Body;
  } else if constexpr (is_parameter<A>) {
    return ArgumentKind::Parameter;
  } else if constexpr (is_params<A>) {
    return ArgumentKind::Group;
  } else {
    return ArgumentKind::Unknown;
  }
}

/// Of a type that takes itself from the request: `use`.
template <class A>
struct Extracted;

/// How `A` depends on what makes it.
template <class A>
constexpr const DependencyUse& use_of() {
  if constexpr (Dependency<A>) {
    return A::use;
  } else {
    return Extracted<A>::use;
  }
}

/// What one argument keeps while its handler runs.
template <class A, ArgumentKind kind = kind_of_argument<A>()>
struct Argument;

struct ArgumentBase {
  static void list_parameters(std::vector<const ParameterInfo*>&) {}
  void extract(const Request&, ParameterIn, Problems&) {}
};

template <class A>
struct Argument<A, ArgumentKind::Dependency> : ArgumentBase {
  DependencyTarget target() { return value.target(); }
  A& pass(Request&, Response*) { return value; }

  A value;
};

template <class A>
struct Argument<A, ArgumentKind::Extracted> : ArgumentBase {
  DependencyTarget target() { return {&Extracted<A>::use, &value}; }
  const A& pass(Request&, Response*) { return *static_cast<const A*>(value); }

  const void* value = nullptr;
};

template <class A>
struct Argument<A, ArgumentKind::Request> : ArgumentBase {
  Request& pass(Request& request, Response*) { return request; }
};

template <class A>
struct Argument<A, ArgumentKind::Response> : ArgumentBase {
  Response& pass(Request&, Response* response) { return *response; }
};

template <>
struct Argument<WebSocket, ArgumentKind::WebSocket> : ArgumentBase {
  WebSocket& pass(Request& request, Response*) { return request.websocket(); }
};

template <>
struct Argument<SecurityScopes, ArgumentKind::Scopes> : ArgumentBase {
  SecurityScopes& pass(Request&, Response*) { return value; }

  SecurityScopes value;
};

template <class A>
struct Argument<A, ArgumentKind::Parameter> : ArgumentBase {
  static void list_parameters(std::vector<const ParameterInfo*>& all) { all.push_back(&A::info()); }
  void extract(const Request& request, ParameterIn in, Problems& problems) {
    if (in == A::in) extract_parameter(request, A::info(), &value.value(), problems);
  }
  A& pass(Request&, Response*) { return value; }

  A value;
};

template <class T>
struct Argument<Params<T>, ArgumentKind::Group> : ArgumentBase {
  static void list_parameters(std::vector<const ParameterInfo*>& all) {
    T prototype{};
    ModelTraits<T>::visit(prototype, [&]<class... Member>(Member&...) {
      static_assert((is_parameter<Member> && ...), "the members of Params<T> are Path, Query, Header or Cookie");
      (all.push_back(&Member::info()), ...);
    });
  }
  void extract(const Request& request, ParameterIn in, Problems& problems) {
    ModelTraits<T>::visit(value.value(), [&]<class... Member>(Member&... member) {
      (static_cast<void>(in == Member::in ? extract_parameter(request, Member::info(), &member.value(), problems)
                                          : static_cast<void>(0)),
       ...);
    });
  }
  Params<T>& pass(Request&, Response*) { return value; }

  Params<T> value;
};

/// A body that is no `Body<...>`: required unless it is optional.
template <class T>
const ParameterInfo& plain_body_info() {
  static constexpr ParameterInfo row{.in = ParameterIn::Body,
                                     .name = {},
                                     .identifier = {},
                                     .type = &operations_of<T>,
                                     .rules = &no_rules,
                                     .model = model_of<T>(),
                                     .required = !is_optional<T>,
                                     .write_default = nullptr};
  return row;
}

template <class A>
struct Argument<A, ArgumentKind::Body> : ArgumentBase {
  static const ParameterInfo& info() {
    if constexpr (is_parameter<A>) {
      return A::info();
    } else {
      return plain_body_info<A>();
    }
  }
  static void list_parameters(std::vector<const ParameterInfo*>& all) { all.push_back(&info()); }
  BodyTarget target() {
    if constexpr (is_parameter<A>) {
      return {&info(), &value.value()};
    } else {
      return {&info(), &value};
    }
  }
  A& pass(Request&, Response*) { return value; }

  A value{};
};

template <class A>
constexpr bool names_body() {
  if constexpr (is_body_parameter<A>) {
    return !A::wire_name().empty();
  } else {
    return kind_of_argument<A>() != ArgumentKind::Body;
  }
}

template <class A>
inline constexpr bool takes_form_field = false;
template <class T, FixedString name, auto... constraints>
inline constexpr bool takes_form_field<Parameter<ParameterIn::Form, T, name, constraints...>> = true;
template <class T>
inline constexpr bool takes_form_field<Params<T>> =
    decltype(ModelTraits<T>::visit(std::declval<T&>(), []<class... Member>(Member&...) {
      return std::bool_constant<((Member::in == ParameterIn::Form) || ...)>();
    }))::value;

template <class F>
struct Signature;

/// The arguments of one function.
template <class... A>
class Arguments {
 public:
  static constexpr std::size_t bodies = ((kind_of_argument<A>() == ArgumentKind::Body) + ... + 0);
  static constexpr std::size_t dependencies = (is_needed<A> + ... + 0);
  static constexpr bool takes_websocket = ((kind_of_argument<A>() == ArgumentKind::WebSocket) || ...);
  static constexpr bool takes_response = ((kind_of_argument<A>() == ArgumentKind::Response) || ...);
  static_assert(bodies < 2 || (names_body<A>() && ...),
                "several bodies are members of one object: give each its name, Body<Item, \"item\">");

  /// The form has to be read before they are extracted.
  static constexpr bool takes_form = (takes_form_field<A> || ...);

  static constexpr bool embeds_body() {
    if constexpr (bodies > 1) {
      return true;
    } else {
      return (embeds<A>() || ...);
    }
  }

  static void list_parameters(std::vector<const ParameterInfo*>& all) { (Argument<A>::list_parameters(all), ...); }

  static void list_dependencies(std::vector<const DependencyUse*>& all) {
    [[maybe_unused]] const auto list = [&]<class T>(std::type_identity<T>) {
      if constexpr (is_needed<T>) all.push_back(&use_of<T>());
    };
    (list(std::type_identity<A>()), ...);
  }

  /// Whether what is known of any of the dependencies fulfils `predicate(const DependencyUse&)`.
  template <class Predicate>
  static constexpr bool any_dependency([[maybe_unused]] Predicate predicate) {
    [[maybe_unused]] const auto fulfils = [&]<class T>(std::type_identity<T>) {
      if constexpr (is_needed<T>) {
        return predicate(use_of<T>());
      } else {
        return false;
      }
    };
    return (fulfils(std::type_identity<A>()) || ...);
  }
  static constexpr bool dependencies_take_body() {
    return any_dependency([](const DependencyUse& use) { return use.info->takes_body; });
  }
  static constexpr bool takes_scopes = (std::same_as<A, SecurityScopes> || ...);
  static constexpr bool uses_scopes() {
    return takes_scopes ||
           any_dependency([](const DependencyUse& use) { return !use.scopes.empty() || use.info->uses_scopes; });
  }
  /// Of what is made from these arguments.
  static constexpr DependencyLifetime longest_lifetime() {
    if constexpr (dependencies != sizeof...(A)) {
      return DependencyLifetime::Request;
    } else {
      DependencyLifetime longest = DependencyLifetime::Application;
      (static_cast<void>(longest = std::min(longest, use_of<A>().lifetime)), ...);
      return longest;
    }
  }

  void set_scopes([[maybe_unused]] const ScopeChain* chain) {
    if constexpr (takes_scopes) {
      for (const std::string_view scope : scopes_of(chain))
        std::get<Argument<SecurityScopes>>(arguments_).value.scopes.emplace_back(scope);
    }
  }

  /// FastAPI's order of errors: path, query, header, cookie, form.
  void extract(const Request& request, Problems& problems) {
    for (const ParameterIn in :
         {ParameterIn::Path, ParameterIn::Query, ParameterIn::Header, ParameterIn::Cookie, ParameterIn::Form}) {
      std::apply([&](auto&... each) { (each.extract(request, in, problems), ...); }, arguments_);
    }
  }

  std::array<BodyTarget, bodies> body_targets() {
    std::array<BodyTarget, bodies> targets{};
    std::size_t i = 0;
    const auto add = [&]<class T, ArgumentKind kind>(Argument<T, kind>& each) {
      if constexpr (kind == ArgumentKind::Body) targets[i++] = each.target();
    };
    std::apply([&](auto&... each) { (add(each), ...); }, arguments_);
    return targets;
  }

  std::array<DependencyTarget, dependencies> dependency_targets() {
    std::array<DependencyTarget, dependencies> targets{};
    std::size_t i = 0;
    const auto add = [&]<class T, ArgumentKind kind>(Argument<T, kind>& each) {
      if constexpr (is_needed<T>) targets[i++] = each.target();
    };
    std::apply([&](auto&... each) { (add(each), ...); }, arguments_);
    return targets;
  }

  /// `response` may be null when none of them is one.
  template <class F>
  decltype(auto) call(const F& function, Request& request, Response* response) {
    return std::apply(
        [&](auto&... each) -> decltype(auto) {
          return Signature<F>::invoke(function, each.pass(request, response)...);
        },
        arguments_);
  }

 private:
  template <class T>
  static constexpr bool embeds() {
    if constexpr (is_body_parameter<T>) {
      return T::rules.embed;
    } else {
      return false;
    }
  }
  std::tuple<Argument<A>...> arguments_;
};

}  // namespace detail
}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Depends<f>`: an argument that another function makes, whose own arguments come from the request in turn.
///
///     Async<User> current_user(Header<std::string, "authorization"> token);
///     Async<Item> read_item(Path<int, "item_id"> id, Depends<current_user> user);
///
/// A dependency is called once a request, whoever asks for it. One that is an AsyncGenerator sets something up, yields
/// it, and goes on when the request is done: with the handler's error thrown at its `co_yield` when there is one.
#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "coroute/params/dependency_overrides.hpp"
#include "coroute/params/make_dependency.hpp"

namespace coroute {

struct NoCacheOption {};
/// `Depends<f, no_cache>`: called again, though another one has its value already.
inline constexpr NoCacheOption no_cache{};

struct ConcurrentOption {};
/// `Depends<f, concurrently> a, Depends<g, concurrently> b`: arguments next to each other that all say so are awaited
/// together, each as a task. The first error cancels the others, which have ended when it goes on; what was set up is
/// torn down. Errors of parameters keep their order, and what several of them need is called once. It stands with the
/// argument, not with the route, so that what is to come first, as an authentication, visibly does.
inline constexpr ConcurrentOption concurrently{};

template <class T>
struct FromRequest {};
/// `Depends<from_request<HttpBearer>>`, `Security<from_request<Oauth2>, "me">`: a type that takes itself from the
/// request, where a function is wanted.
template <class T>
inline constexpr FromRequest<T> from_request{};

namespace detail {

template <class T>
inline constexpr bool is_from_request = false;
template <class T>
inline constexpr bool is_from_request<FromRequest<T>> = true;

template <class F>
struct DependencyTraits {
  static_assert(
      requires { typename Signature<F>::Result; }, "Depends<f>: f is a function, or a lambda that is not generic");
  using value_type = MadeFrom<F>;
  static constexpr bool takes_function_scope() {
    return Signature<F>::Arguments::any_dependency(
        [](const DependencyUse& use) { return use.scope == DependencyScope::Function; });
  }
  static constexpr bool is_generator = detail::is_generator<typename Signature<F>::Result>;
};
template <class T>
struct DependencyTraits<FromRequest<T>> {
  static_assert(Extractor<T> || is_optional_extractor<T>, "from_request<T>: T has no from_request(Request&)");
  using value_type = T;
  static constexpr bool takes_function_scope() { return false; }
  static constexpr bool is_generator = false;
};

template <auto function>
using DependencyValue = typename DependencyTraits<std::remove_cv_t<decltype(function)>>::value_type;

template <class T>
constexpr const DependencyInfo& info_of(FromRequest<T>) {
  return extractor_info<T>;
}
template <auto function>
constexpr const DependencyInfo& dependency_info() {
  if constexpr (is_from_request<std::remove_cv_t<decltype(function)>>) {
    return info_of(function);
  } else {
    return function_info<function>;
  }
}

template <auto... options>
constexpr DependencyUse use_with(const DependencyInfo& info) {
  DependencyUse use{.info = &info};
  [[maybe_unused]] const auto take = [&]<class Option>(Option option) {
    if constexpr (std::same_as<Option, DependencyScope>) {
      use.scope = option;
    } else if constexpr (std::same_as<Option, ConcurrentOption>) {
      use.is_concurrent = true;
    } else {
      static_assert(std::same_as<Option, NoCacheOption>, "an option is no_cache, concurrently or a DependencyScope");
      use.use_cache = false;
    }
  };
  (take(options), ...);
  return use;
}

template <FixedString... scopes>
inline constexpr std::array<std::string_view, sizeof...(scopes)> scope_texts{constant_text<scopes>...};

/// Where an argument gets to its value.
template <class T>
class DependencyArgument {
 public:
  using value_type = T;

  T& operator*() const noexcept { return *operator->(); }
  // What was made is no constant; who may change it says T.
  T* operator->() const noexcept { return static_cast<T*>(const_cast<void*>(value_)); }
  operator T&() const noexcept { return **this; }  // NOLINT(google-explicit-constructor)

 protected:
  const void* value_ = nullptr;
};

}  // namespace detail

/// The value of a dependency: `*user`, `user->name`, or where it is wanted. `options`: no_cache, concurrently, a
/// DependencyScope.
template <auto function, auto... options>
class Depends : public detail::DependencyArgument<const detail::DependencyValue<function>> {
 public:
  static constexpr detail::DependencyUse use = detail::use_with<options...>(detail::dependency_info<function>());

  static const detail::DependencyInfo& info() { return *use.info; }
  detail::DependencyTarget target() { return {&use, &this->value_}; }

 private:
  using Traits = detail::DependencyTraits<std::remove_cv_t<decltype(function)>>;
  static_assert(!Traits::is_generator || use.scope == DependencyScope::Function || !Traits::takes_function_scope(),
                "a dependency that goes on after the answer can't take one of DependencyScope::Function: that has "
                "ended by then");
};

/// A dependency that asks for rights: `Security<current_user, "items:read">`. Its scopes, and those of every Security
/// on the way to it, are what a `SecurityScopes` argument of it and of what it depends on gets, and what documents say
/// of the schemes among them. Made once for each set of scopes, if it or one that it needs looks at them.
template <auto function, FixedString... scopes>
class Security : public Depends<function> {
 public:
  static constexpr detail::DependencyUse use{.info = &detail::dependency_info<function>(),
                                             .scopes = detail::scope_texts<scopes...>};

  detail::DependencyTarget target() { return {&use, &this->value_}; }
};

/// What is made once for the application, when a request first needs it: a pool, a client, a configuration.
///
///     Database open_database(Singleton<read_settings> settings);        // or an Async, or an AsyncGenerator
///     Async<Json> read_items(Singleton<open_database> database);
///
/// `function` may take other Singletons and nothing else. Requests that need it meanwhile, on any loop, wait; an error
/// is thrown to all that wait, and the next request tries again. When the request that makes it is cancelled, the next
/// one that waits makes it. All loops share the value at once, so it is const; what changes belongs behind a pointer,
/// and has to be safe for that. It lives until the handler of its App is destroyed, what was made last first: a
/// generator is dropped at its `co_yield`, so its destructors run but nothing after it.
template <auto function>
class Singleton : public detail::DependencyArgument<const detail::DependencyValue<function>> {
 public:
  static constexpr detail::DependencyUse use{.info = &detail::dependency_info<function>(),
                                             .lifetime = detail::DependencyLifetime::Application};
  static_assert(use.info->longest == detail::DependencyLifetime::Application,
                "what a singleton is made of lives as long: its function takes other Singletons and nothing else");

  detail::DependencyTarget target() { return {&use, &this->value_}; }
};

/// The same for each event loop: made on the loop that needs it, and destroyed with that loop. Only that loop uses it,
/// so the value may be changed without a lock. `function` takes Singletons and PerLoops.
template <auto function>
class PerLoop : public detail::DependencyArgument<detail::DependencyValue<function>> {
 public:
  static constexpr detail::DependencyUse use{.info = &detail::dependency_info<function>(),
                                             .lifetime = detail::DependencyLifetime::Loop};
  static_assert(use.info->longest >= detail::DependencyLifetime::Loop,
                "what a loop has is made of what lives as long: its function takes Singletons, PerLoops and nothing "
                "else");

  detail::DependencyTarget target() { return {&use, &this->value_}; }
};

// Implementation

template <auto original, auto substitute>
void DependencyOverrides::set() {
  static_assert(std::same_as<detail::DependencyValue<original>, detail::DependencyValue<substitute>>,
                "a dependency can be replaced only by one that makes a value of the same type");
  set(detail::dependency_info<original>(), detail::dependency_info<substitute>());
}

/// For lists of dependencies that are only run: `{.dependencies = {depends<verify_token>()}}`.
template <auto function, auto... options>
const detail::DependencyUse* depends() {
  return &Depends<function, options...>::use;
}
/// The same for a type that takes itself from the request: `depends<HttpBearer>()`.
template <detail::Extractor T>
const detail::DependencyUse* depends() {
  return &Depends<from_request<T>>::use;
}
/// With scopes: `{.dependencies = {security<current_user, "admin">()}}`.
template <auto function, FixedString... scopes>
const detail::DependencyUse* security() {
  return &Security<function, scopes...>::use;
}
template <detail::Extractor T, FixedString... scopes>
const detail::DependencyUse* security() {
  return &Security<from_request<T>, scopes...>::use;
}

}  // namespace coroute

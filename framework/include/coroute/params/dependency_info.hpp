// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What is known of a dependency, and of the way in which somebody depends on it, before any request.
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/request.hpp"
#include "coroute/params/parameter.hpp"
#include "coroute/params/security_scheme.hpp"

namespace coroute {

/// When a dependency that is a generator goes on after its `co_yield`.
enum class DependencyScope : unsigned char {
  Request,   ///< When the answer has been sent.
  Function,  ///< When the handler has returned, before the answer is sent: what it throws becomes the answer.
};

namespace detail {

struct MadeValue;
class DependencyContext;
struct DependencyUse;

/// How long what a dependency makes lives, and for whom; each may take what lives as long or longer.
enum class DependencyLifetime : unsigned char { Request, Loop, Application };

/// The scopes asked for on the way from a handler to a dependency, from the inside out; their texts are constants.
struct ScopeChain {
  const ScopeChain* outer = nullptr;
  std::span<const std::string_view> own = {};
};

/// From the handler on, without repeats.
std::vector<std::string_view> scopes_of(const ScopeChain* chain);

/// One call of a dependency; outlives it.
struct DependencyCall {
  Request& request;
  DependencyContext& context;
  Problems& problems;  ///< Of its parameters.
  const ScopeChain* scopes;
};

/// All that is known of a dependency while running; its address identifies it.
struct DependencyInfo {
  Async<std::unique_ptr<MadeValue>> (*make)(const DependencyCall& call);
  void (*list_parameters)(std::vector<const ParameterInfo*>& all);
  void (*list_dependencies)(std::vector<const DependencyUse*>& all);
  const SecurityScheme& (*security_scheme)() = nullptr;  ///< Of one that authenticates.
  bool is_optional = false;                              ///< A request without its credentials is served too.
  bool uses_scopes = false;                              ///< It or one that it needs: made once for each set of scopes.
  bool takes_body = false;                               ///< It or one that it needs.
  DependencyLifetime longest = DependencyLifetime::Request;  ///< That its arguments allow.
};

/// How an argument, or a route, depends on a dependency; a constant.
struct DependencyUse {
  const DependencyInfo* info;
  std::span<const std::string_view> scopes = {};
  bool use_cache = true;
  bool is_concurrent = false;
  DependencyScope scope = DependencyScope::Request;
  DependencyLifetime lifetime = DependencyLifetime::Request;
};

/// An argument that waits for the value of a dependency.
struct DependencyTarget {
  const DependencyUse* use;
  const void** value;
};

}  // namespace detail
}  // namespace coroute

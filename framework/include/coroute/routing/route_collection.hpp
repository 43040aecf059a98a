// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Routes, mounts and middleware as they are declared, and the Handler that they become.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/handler.hpp"
#include "coroute/routing/method_set.hpp"

namespace coroute {

struct FormLimits;

/// What whoever declares routes keeps with them, such as what documents say.
class RouteDeclaration {
 public:
  RouteDeclaration() = default;
  RouteDeclaration(const RouteDeclaration&) = delete;
  RouteDeclaration& operator=(const RouteDeclaration&) = delete;
  virtual ~RouteDeclaration() = default;

  /// Of the forms that the route takes; null: the default. Asked for when all is declared.
  virtual const FormLimits* form_limits() const noexcept { return nullptr; }
};

struct RouteSettings {
  /// For `Request::url_for`; empty: none.
  std::string name = {};
  /// Larger request bodies are answered with 413; nullopt: the server's limit.
  std::optional<std::uint64_t> max_body_bytes = std::nullopt;
  /// For the whole body while it is waited for, then 408; nullopt: the server's.
  std::optional<std::chrono::milliseconds> body_timeout = std::nullopt;
  /// Whether the handler is cancelled when its client leaves.
  bool cancel_on_disconnect = true;
  /// Answers the opening handshakes of WebSockets and nothing else: beside it a path may have a route for GET.
  bool is_websocket = false;
  /// Answers the preflights of browsers (Fetch standard, section 3.2) for this route, unless one is declared for
  /// OPTIONS: where middleware stands around the handler, it stands around this. Null: there is none.
  Handler preflight = nullptr;
  std::shared_ptr<RouteDeclaration> declaration = nullptr;
};

struct DispatchOptions {
  /// "/items/" is redirected to "/items", or the reverse, with 307 when only the other one is declared.
  bool redirect_slashes = true;
  /// Answers 404 and 405, with the Allow header among the error's; empty: the answer that these have by default.
  Function<Async<Response>(Request&, HttpException)> no_route = {};
  /// Stands around all routes, but inside the middleware of the collection.
  Middleware around_routes = {};
};

/// Filled before serving, by one thread. Handlers are stored as they are; how functions with other signatures become
/// one is not its business (see app/router.hpp).
class RouteCollection {
 public:
  /// `prefix` stands before every path: empty, or beginning and not ending with "/"; else std::invalid_argument.
  explicit RouteCollection(std::string prefix = {});
  RouteCollection(RouteCollection&&) noexcept;
  RouteCollection& operator=(RouteCollection&&) noexcept;
  ~RouteCollection();

  /// An empty path stands for the prefix itself. std::invalid_argument for a bad path.
  void add_route(MethodSet methods, std::string_view path, Handler handler, RouteSettings settings = {});
  /// Takes over the routes of `other` below this prefix and `prefix`, with the middleware of `other` around each.
  /// `prefix` has the rule of the constructor's.
  void include(RouteCollection other, std::string_view prefix = {});
  /// Everything below `path` goes to `application`, which sees the rest of the path. std::invalid_argument for a bad
  /// path.
  void mount(std::string_view path, Handler application);
  /// Around every handler of this collection; what was added last is outermost.
  void use(Middleware middleware);

  /// Each route that is no mount, in the order of declaration; `visit` may replace the handler.
  using Visit =
      Function<void(const MethodSet& methods, std::string_view path, const RouteSettings& settings, Handler& handler)>;
  void for_each_route(const Visit& visit);
  /// The path of each mount, in the order of declaration.
  void for_each_mount(const Function<void(std::string_view path)>& visit) const;
  const std::string& prefix() const noexcept { return prefix_; }

  /// The Handler of all this: the first declared route that matches, or 404, 405 with Allow, OPTIONS, a slash redirect.
  /// Middleware stands around all of it. std::invalid_argument when a route or a name is declared twice.
  Handler build(DispatchOptions options = {}) &&;
  bool has_middleware() const noexcept { return !middleware_.empty(); }

  /// What the middleware around a preflight handler lets through: 204, to which Allow is added.
  static Async<Response> answer_preflight(Request& request);

 private:
  struct Route;

  std::string full_path(std::string_view path) const;

  std::string prefix_;
  std::vector<Route> routes_;
  std::vector<Middleware> middleware_;
};

}  // namespace coroute

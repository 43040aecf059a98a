// SPDX-License-Identifier: BSL-1.0
#pragma once

/// All routes of an application: which one serves a request.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coroute/http/path_params.hpp"
#include "coroute/routing/method_set.hpp"
#include "coroute/routing/path_pattern.hpp"

namespace coroute {

namespace detail {
class RadixTree;
}

/// The first declared route that matches path and method wins; a literal path has no precedence over a placeholder.
/// First `add` everything, then look up: the `const` members may be called by any number of threads at once. Every
/// `path` argument is still percent-encoded and has no query; one with a broken escape matches nothing.
///
///     RouteTable table;
///     table.add(Method::Get, PathPattern::parse("/items/{item_id:int}"), 7);
///     PathParams params;
///     auto match = table.find(Method::Get, "GET", "/items/42", params);   // Found, payload 7, item_id = "42"
class RouteTable {
 public:
  enum class Result : std::uint8_t { Found, MethodNotAllowed, NotFound };

  struct Match {
    Result result = Result::NotFound;
    std::size_t payload = 0;               ///< Only when found, as all below.
    const PathPattern* pattern = nullptr;  ///< Lives as long as the table, if nothing is added any more.
    bool head_by_get = false;              ///< A HEAD request, served by a route that declared GET but not HEAD.
  };

  RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;
  ~RouteTable();

  /// `payload` is what `find` answers. Throws `std::invalid_argument` when a method was already added for the very same
  /// path text, or when there is no method, and `std::logic_error` after `freeze`; then nothing was added.
  void add(const MethodSet& methods, PathPattern pattern, std::size_t payload);

  /// No more routes: call it before the table is shared.
  void freeze() { frozen_ = true; }

  /// `out` holds the values of a found route, else it is empty. `method_name` is only read for `Method::Other`.
  [[nodiscard]] Match find(Method method, std::string_view method_name, std::string_view path, PathParams& out) const;

  /// The complete Allow value over every route that matches the path, such as "GET, HEAD, POST"; empty if none does.
  [[nodiscard]] std::string allowed(std::string_view path) const;

  /// The path without its trailing slashes, or with one if it had none, when that matches a route by any method. Never
  /// for "/", and never an answer that starts with "//": a browser would take it for another host.
  [[nodiscard]] std::optional<std::string> find_slash_alternative(std::string_view path) const;

  /// One sentence for each route and method that an earlier route hides completely, as far as that can be told from
  /// the patterns. Quadratic in the number of routes.
  [[nodiscard]] std::vector<std::string> warnings() const;

  [[nodiscard]] std::size_t size() const { return routes_.size(); }

 private:
  struct Route {
    MethodSet methods;
    PathPattern pattern;
    std::size_t payload;
  };

  void refuse_duplicate(const MethodSet& methods, std::string_view text) const;
  [[nodiscard]] const Route* find_hiding(std::size_t route, std::string_view method) const;

  std::vector<Route> routes_;
  std::unordered_map<std::string, std::vector<std::size_t>> routes_by_text_;
  std::unique_ptr<detail::RadixTree> tree_;
  bool frozen_ = false;
};

}  // namespace coroute

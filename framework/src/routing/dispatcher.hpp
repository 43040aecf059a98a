// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Finds the handler of a request, or the answer when there is none.
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/http/handler.hpp"
#include "coroute/routing/path_pattern.hpp"
#include "coroute/routing/route_collection.hpp"
#include "coroute/routing/route_table.hpp"

namespace coroute::detail {

/// Read-only after `freeze`: all loops dispatch through it at once.
class Dispatcher final : public UrlMap {
 public:
  explicit Dispatcher(DispatchOptions options) noexcept : options_(std::move(options)) {}

  void add(MethodSet methods, const std::string& path, Handler handler, RouteSettings settings, bool is_mount);
  void freeze() {
    table_.freeze();
    websockets_.freeze();
  }

  Async<Response> dispatch(Request& request) const;

  std::string url_path_for(std::string_view name, std::span<const PathParam> values) const override;

 private:
  struct Route {
    Handler handler;
    RouteSettings settings;
    PathPattern pattern;
    std::size_t mounted_segments = 0;         // of the path that a mount takes off
    const FormLimits* form_limits = nullptr;  // of the declaration
    bool is_mount = false;
  };

  RouteTable::Match find(Request& request) const;
  Async<Response> answer_without_route(Request& request, RouteTable::Result result) const;
  Async<Response> refuse_method(Request& request) const;
  const Handler* find_preflight(Request& request) const;
  static void enter_mount(const Route& route, Request& request);

  DispatchOptions options_;
  RouteTable table_;
  RouteTable websockets_;
  bool has_websockets_ = false;
  std::vector<Route> routes_;
  std::map<std::string, std::size_t, std::less<>> names_;
};

}  // namespace coroute::detail

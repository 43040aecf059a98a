// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/route_table.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "path_cover.hpp"
#include "path_text.hpp"
#include "radix_tree.hpp"

namespace coroute {

namespace {

constexpr std::string_view any_method = "any method";

std::vector<std::string> labels(const MethodSet& methods) {
  return methods.accepts_any() ? std::vector<std::string>{std::string{any_method}} : methods.declared_names();
}

bool accepts(const MethodSet& methods, std::string_view label) {
  return label == any_method ? methods.accepts_any() : methods.contains(label);
}

std::string describe(std::string_view label, const PathPattern& pattern) {
  return std::string{label} + " " + std::string{pattern.text()};
}

}  // namespace

RouteTable::RouteTable() : tree_{std::make_unique<detail::RadixTree>()} {}
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;
RouteTable::~RouteTable() = default;

void RouteTable::add(const MethodSet& methods, PathPattern pattern, std::size_t payload) {
  if (frozen_) throw std::logic_error{"route " + std::string{pattern.text()} + " was added after the table was frozen"};
  if (methods.empty()) throw std::invalid_argument{"route " + std::string{pattern.text()} + " has no method"};
  refuse_duplicate(methods, pattern.text());
  routes_by_text_[std::string{pattern.text()}].push_back(routes_.size());
  tree_->insert(pattern, routes_.size());
  routes_.push_back({methods, std::move(pattern), payload});
}

void RouteTable::refuse_duplicate(const MethodSet& methods, std::string_view text) const {
  const auto known = routes_by_text_.find(std::string{text});
  if (known == routes_by_text_.end()) return;
  for (const std::size_t route : known->second) {
    const std::vector<std::string> declared = labels(routes_[route].methods);
    for (const std::string& label : labels(methods)) {
      if (std::ranges::find(declared, label) == declared.end()) continue;
      throw std::invalid_argument{"route " + label + " " + std::string{text} + " was added twice"};
    }
  }
}

RouteTable::Match RouteTable::find(Method method, std::string_view method_name, std::string_view path,
                                   PathParams& out) const {
  detail::PathText text;
  if (!text.assign(path, out)) return {};
  const auto found = tree_->find_first(
      text.text(), [&](std::size_t route) { return routes_[route].methods.contains(method, method_name); });
  if (!found.route) return {.result = found.path_matched ? Result::MethodNotAllowed : Result::NotFound};
  const Route& route = routes_[*found.route];
  if (!route.pattern.parameters().empty()) (void)route.pattern.match(text, out);
  return {.result = Result::Found,
          .payload = route.payload,
          .pattern = &route.pattern,
          .head_by_get = method == Method::Head && route.methods.implies_head()};
}

std::string RouteTable::allowed(std::string_view path) const {
  PathParams values;
  detail::PathText text;
  if (!text.assign(path, values)) return {};
  MethodSet methods{};
  tree_->for_each(text.text(), [&](std::size_t route) { methods.add(routes_[route].methods); });
  return methods.allow();
}

std::optional<std::string> RouteTable::find_slash_alternative(std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  std::string other{path.substr(0, path.find_last_not_of('/') + 1)};
  if (other.size() == path.size()) other += '/';
  if (other.starts_with("//")) return std::nullopt;
  PathParams values;
  detail::PathText text;
  if (!text.assign(other, values)) return std::nullopt;
  const bool matched = tree_->find_first(text.text(), [](std::size_t) { return true; }).path_matched;
  return matched ? std::optional{std::move(other)} : std::nullopt;
}

const RouteTable::Route* RouteTable::find_hiding(std::size_t route, std::string_view method) const {
  for (std::size_t i = 0; i < route; ++i) {
    const Route& earlier = routes_[i];
    if (accepts(earlier.methods, method) && detail::covers(earlier.pattern, routes_[route].pattern)) return &earlier;
  }
  return nullptr;
}

std::vector<std::string> RouteTable::warnings() const {
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    for (const std::string& label : labels(routes_[i].methods)) {
      const Route* hiding = find_hiding(i, label);
      if (hiding == nullptr) continue;
      const std::vector<std::string> declared = labels(hiding->methods);
      const bool same = std::ranges::find(declared, label) != declared.end();
      // HEAD may be hidden by a GET, and everything by a route for any method.
      const std::string hiding_label = same ? label : hiding->methods.accepts_any() ? std::string{any_method} : "GET";
      sentences.push_back(describe(label, routes_[i].pattern) +
                          " is never reached: " + describe(hiding_label, hiding->pattern) + " was declared before it");
    }
  }
  return sentences;
}

}  // namespace coroute

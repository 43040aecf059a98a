// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/method_set.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "http/error_text.hpp"

namespace coroute {

namespace {

constexpr std::array known_methods{Method::Get,   Method::Head,    Method::Post,  Method::Put,    Method::Delete,
                                   Method::Patch, Method::Options, Method::Trace, Method::Connect};

bool is_token(std::string_view text) {
  constexpr std::string_view token_characters =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !text.empty() && text.find_first_not_of(token_characters) == std::string_view::npos;
}

}  // namespace

MethodSet::MethodSet(std::initializer_list<Method> methods) {
  for (const Method method : methods)
    add(method);
}

MethodSet MethodSet::any() {
  MethodSet set{};
  for (const Method method : known_methods)
    set.accepted_ |= bit(method);
  set.accepted_ |= bit(Method::Other);
  return set;
}

MethodSet& MethodSet::add(Method method) {
  if (std::ranges::find(known_methods, method) == known_methods.end()) {
    throw std::invalid_argument{"Method::Other names no method: add it by its name"};
  }
  declared_ |= bit(method);
  accepted_ |= bit(method);
  if (method == Method::Get) accepted_ |= bit(Method::Head);
  return *this;
}

MethodSet& MethodSet::add(std::string_view name) {
  if (!is_token(name)) throw std::invalid_argument{detail::quoted(name) + " is not a request method"};
  const Method method = parse_method(name);
  if (method != Method::Other) return add(method);
  if (std::ranges::find(extensions_, name) == extensions_.end()) extensions_.emplace_back(name);
  return *this;
}

MethodSet& MethodSet::add(const MethodSet& other) {
  declared_ |= other.declared_;
  accepted_ |= other.accepted_;
  for (const std::string& name : other.extensions_)
    add(name);
  return *this;
}

std::vector<std::string> MethodSet::names(std::uint16_t bits) const {
  std::vector<std::string> result = extensions_;
  for (const Method method : known_methods) {
    if ((bits & bit(method)) != 0) result.emplace_back(to_string(method));
  }
  std::ranges::sort(result);
  return result;
}

std::vector<std::string> MethodSet::declared_names() const {
  return names(declared_);
}

std::string MethodSet::allow() const {
  // CONNECT has no path, so no route can answer it unless it was asked for by name.
  const auto hidden = accepts_any() ? bit(Method::Connect) & ~declared_ : 0;
  std::string result;
  for (const std::string& name : names(static_cast<std::uint16_t>(accepted_ & ~hidden))) {
    if (!result.empty()) result += ", ";
    result += name;
  }
  return result;
}

}  // namespace coroute

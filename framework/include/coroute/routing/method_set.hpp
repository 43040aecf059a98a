// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The request methods a route accepts.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/method.hpp"

namespace coroute {

/// Some methods, or any. HEAD comes with GET (RFC 9110 section 9.3.2).
class MethodSet {
 public:
  MethodSet(Method method) { add(method); }  // NOLINT(google-explicit-constructor): add(Method::Get, ...)
  MethodSet(std::initializer_list<Method> methods);
  /// Also methods that nobody has heard of.
  [[nodiscard]] static MethodSet any();

  /// Throws `std::invalid_argument` for `Method::Other`, which names no method.
  MethodSet& add(Method method);
  /// Any method by name, such as "PROPFIND"; case matters. Throws `std::invalid_argument` unless it is a token (RFC
  /// 9110 section 5.6.2).
  MethodSet& add(std::string_view name);
  MethodSet& add(const MethodSet& other);

  /// `name` is only read for `Method::Other`.
  [[nodiscard]] bool contains(Method method, std::string_view name = {}) const;
  [[nodiscard]] bool contains(std::string_view name) const { return contains(parse_method(name), name); }
  [[nodiscard]] bool accepts_any() const { return (accepted_ & bit(Method::Other)) != 0; }
  /// HEAD is only accepted because GET is.
  [[nodiscard]] bool implies_head() const {
    return (declared_ & (bit(Method::Get) | bit(Method::Head))) == bit(Method::Get);
  }
  [[nodiscard]] bool empty() const { return accepted_ == 0 && extensions_.empty(); }

  /// What was added, sorted, without the HEAD that comes with GET; empty for `any`.
  [[nodiscard]] std::vector<std::string> declared_names() const;
  /// The value of an Allow header (RFC 9110 section 10.2.1), sorted; `any` stands for all common methods.
  [[nodiscard]] std::string allow() const;

 private:
  static constexpr std::uint16_t bit(Method method) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(method));
  }
  [[nodiscard]] std::vector<std::string> names(std::uint16_t bits) const;

  std::uint16_t declared_ = 0;
  std::uint16_t accepted_ = 0;  // what is declared, and HEAD with GET
  std::vector<std::string> extensions_;
};

// Implementation ------------------------------------------------------------------------------------------------------

inline bool MethodSet::contains(Method method, std::string_view name) const {
  if ((accepted_ & bit(method)) != 0) return true;
  if (method != Method::Other) return false;
  for (const std::string& extension : extensions_) {
    if (extension == name) return true;
  }
  return false;
}

}  // namespace coroute

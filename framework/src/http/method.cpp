// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/method.hpp"

#include <array>
#include <cstddef>

namespace coroute {
namespace {

constexpr std::array<std::string_view, 10> names{"GET",   "HEAD",    "POST",  "PUT",     "DELETE",
                                                 "PATCH", "OPTIONS", "TRACE", "CONNECT", "OTHER"};
static_assert(names.size() == static_cast<std::size_t>(Method::Other) + 1);

}  // namespace

std::string_view to_string(Method method) noexcept {
  const auto index = static_cast<std::size_t>(method);
  return index < names.size() ? names[index] : names.back();
}

Method parse_method(std::string_view text) noexcept {
  switch (text.size()) {
    case 3:
      if (text == "GET") return Method::Get;
      if (text == "PUT") return Method::Put;
      break;
    case 4:
      if (text == "POST") return Method::Post;
      if (text == "HEAD") return Method::Head;
      break;
    case 5:
      if (text == "PATCH") return Method::Patch;
      if (text == "TRACE") return Method::Trace;
      break;
    case 6:
      if (text == "DELETE") return Method::Delete;
      break;
    case 7:
      if (text == "OPTIONS") return Method::Options;
      if (text == "CONNECT") return Method::Connect;
      break;
    default:
      break;
  }
  return Method::Other;
}

}  // namespace coroute

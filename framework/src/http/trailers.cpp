// SPDX-License-Identifier: BSL-1.0
#include "trailers.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "byte_set.hpp"

namespace coroute::detail {
namespace {

constexpr std::array<std::string_view, 28> known_before_the_body{"age",
                                                                 "authorization",
                                                                 "cache-control",
                                                                 "connection",
                                                                 "content-encoding",
                                                                 "content-length",
                                                                 "content-range",
                                                                 "content-type",
                                                                 "cookie",
                                                                 "date",
                                                                 "expect",
                                                                 "expires",
                                                                 "host",
                                                                 "keep-alive",
                                                                 "location",
                                                                 "max-forwards",
                                                                 "pragma",
                                                                 "proxy-authenticate",
                                                                 "proxy-authorization",
                                                                 "range",
                                                                 "retry-after",
                                                                 "set-cookie",
                                                                 "te",
                                                                 "trailer",
                                                                 "transfer-encoding",
                                                                 "upgrade",
                                                                 "vary",
                                                                 "www-authenticate"};

bool is_known_before_the_body(std::string_view name) noexcept {
  if (name.size() > 3 && iequals(name.substr(0, 3), "if-")) return true;
  return std::any_of(known_before_the_body.begin(), known_before_the_body.end(),
                     [&](std::string_view each) { return iequals(each, name); });
}

}  // namespace

void check_trailer(std::string_view name) {
  if (!is_known_before_the_body(name)) return;
  throw std::invalid_argument("the field '" + std::string(name) +
                              "' can't be a trailer: it has to be known before the body");
}

std::string last_chunk(const Headers* trailers) {
  std::string end = "0\r\n";
  if (trailers) {
    for (const HeaderField field : *trailers) {
      check_trailer(field.name);
      for (const char c : field.name)
        end += ascii_lower(c);
      end.append(": ").append(field.value).append("\r\n");
    }
  }
  return end.append("\r\n");
}

}  // namespace coroute::detail

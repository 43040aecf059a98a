// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/url_path.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "coroute/http/percent_encoding.hpp"
#include "http/error_text.hpp"
#include "path_matcher.hpp"

namespace coroute {

namespace {

// What RFC 3986 section 3.3 allows in a segment besides the unreserved characters.
constexpr std::string_view safe_in_segment = "!$&'()*+,;=:@";
constexpr std::string_view safe_in_path = "!$&'()*+,;=:@/";

[[noreturn]] void refuse(const PathPattern& pattern, const std::string& reason) {
  throw std::invalid_argument{"no URL for route path " + detail::quoted(pattern.text()) + ": " + reason};
}

void check_names(const PathPattern& pattern, std::span<const PathParam> values) {
  for (const PathParam& value : values) {
    if (std::ranges::find(pattern.parameters(), value.name, &PathParameter::name) == pattern.parameters().end()) {
      refuse(pattern, "it has no parameter " + detail::quoted(value.name));
    }
    if (std::ranges::count(values, value.name, &PathParam::name) > 1) {
      refuse(pattern, "parameter " + detail::quoted(value.name) + " is given twice");
    }
  }
}

std::string encoded_value(const PathPattern& pattern, const PathParameter& parameter,
                          std::span<const PathParam> values) {
  const auto found = std::ranges::find(values, parameter.name, &PathParam::name);
  if (found == values.end()) refuse(pattern, "parameter " + detail::quoted(parameter.name) + " is missing");
  if (!detail::fits(parameter.convertor, found->value)) {
    refuse(pattern, detail::quoted(found->value) + " does not fit {" + parameter.name + ":" +
                        std::string{to_string(parameter.convertor)} + "}");
  }
  return percent_encode(found->value, parameter.convertor == Convertor::Path ? safe_in_path : safe_in_segment);
}

void check_segments(const PathPattern& pattern, std::string_view path) {
  if (path.starts_with("//")) refuse(pattern, detail::quoted(path) + " would name another host");
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") refuse(pattern, detail::quoted(path) + " has a segment that clients remove");
    rest.remove_prefix(segment.size());
  }
}

}  // namespace

std::string url_path_for(const PathPattern& pattern, std::span<const PathParam> values) {
  check_names(pattern, values);
  std::string path;
  auto parameter = pattern.parameters().begin();
  detail::PathScanner scanner{pattern.text()};
  for (detail::PathToken token; scanner.next(token);) {
    path +=
        token.is_parameter ? encoded_value(pattern, *parameter++, values) : percent_encode(token.text, safe_in_path);
  }
  check_segments(pattern, path);
  return path;
}

std::string url_path_for(const PathPattern& pattern, std::initializer_list<PathParam> values) {
  return url_path_for(pattern, std::span{values.begin(), values.size()});
}

}  // namespace coroute

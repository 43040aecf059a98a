// SPDX-License-Identifier: BSL-1.0
#include "url_join.hpp"

#include <algorithm>
#include <stdexcept>

#include "http/byte_set.hpp"

namespace coroute::detail {
namespace {

constexpr auto scheme_bytes = ByteSet::alphanumeric_and("+-.");
constexpr std::size_t max_printed = 200;

}  // namespace

bool is_absolute(std::string_view reference) noexcept {
  const std::size_t end = reference.find("://");
  return end != 0 && end != std::string_view::npos && scheme_bytes.contains_all(reference.substr(0, end));
}

std::string joined_text(std::string_view base, std::string_view reference) {
  if (base.empty() || is_absolute(reference)) return std::string(reference);
  std::string text(base);
  const bool needs_slash = !reference.empty() && reference[0] != '/' && reference[0] != '?' && reference[0] != '#';
  if (needs_slash) text += '/';
  return text += reference;
}

std::string normalize_base_url(std::string_view base) {
  Url::parse(base);
  if (base.find_first_of("?#") != std::string_view::npos) {
    throw std::invalid_argument("invalid base URL: it must not have a query or a fragment");
  }
  while (base.ends_with('/'))
    base.remove_suffix(1);
  return std::string(base);
}

Url join_url(std::string_view base, std::string_view reference, const QueryParams& query) {
  if (base.empty() && !is_absolute(reference)) {
    throw std::invalid_argument("invalid URL: it is relative and the client has no base_url");
  }
  std::string text = joined_text(base, reference);
  if (!query.empty()) {
    text.resize(std::min(text.find('#'), text.size()));
    text.append(1, text.find('?') == std::string::npos ? '?' : '&').append(query.to_string());
  }
  return Url::parse(text);
}

std::string printable_url(std::string_view base, std::string_view reference) {
  std::string text = joined_text(base, reference);
  text.resize(std::min(text.find_first_of("?#"), text.size()));
  if (text.find('@') != std::string::npos) return "(URL with '@')";
  if (text.size() > max_printed) text.replace(max_printed, std::string::npos, "...");
  for (char& c : text) {
    if (c < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

}  // namespace coroute::detail

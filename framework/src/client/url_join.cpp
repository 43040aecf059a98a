// SPDX-License-Identifier: BSL-1.0
#include "url_join.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/http/headers.hpp"
#include "http/byte_set.hpp"

namespace coroute::detail {
namespace {

constexpr auto scheme_bytes = ByteSet::alphanumeric_and("+-.");
constexpr std::size_t max_printed = 200;

bool needs_slash(std::string_view reference) noexcept {
  return !reference.empty() && reference[0] != '/' && reference[0] != '?' && reference[0] != '#';
}

/// The path of a normal base, which ends in no slash.
std::string_view path_of(const Url& base) noexcept {
  return base.target() == "/" ? std::string_view() : base.target();
}

void append_query(std::string& url, const QueryParams& query) {
  if (query.empty()) return;
  url.resize(std::min(url.find('#'), url.size()));
  url.append(1, url.find('?') == std::string::npos ? '?' : '&').append(query.to_string());
}

}  // namespace

bool is_absolute(std::string_view reference) noexcept {
  const std::size_t end = reference.find("://");
  return end != 0 && end != std::string_view::npos && scheme_bytes.contains_all(reference.substr(0, end));
}

std::string joined_text(std::string_view base, std::string_view reference) {
  if (base.empty() || is_absolute(reference)) return std::string(reference);
  std::string text(base);
  if (needs_slash(reference)) text += '/';
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

Url join_url(const Url* base, std::string_view reference, const QueryParams& query) {
  const bool absolute = is_absolute(reference);
  if (!base && !absolute) throw std::invalid_argument("invalid URL: it is relative and the client has no base_url");
  if (!absolute && reference.starts_with('/') && path_of(*base).empty() && query.empty())
    return base->with_target(reference);
  std::string text;
  if (!absolute) text = path_of(*base);
  if (!absolute && needs_slash(reference)) text += '/';
  append_query(text.append(reference), query);
  return absolute ? Url::parse(text) : base->with_target(text);
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

std::string http_url_of(std::string_view url) {
  for (const std::string_view scheme : {"ws", "wss"}) {
    const std::string_view rest = url.substr(std::min(scheme.size(), url.size()));
    if (rest.starts_with("://") && iequals(url.substr(0, scheme.size()), scheme)) {
      return std::string(scheme == "ws" ? "http" : "https").append(rest);
    }
  }
  return std::string(url);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#include "entity_tag.hpp"

#include <algorithm>

#include "coroute/http/date.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace coroute::detail {
namespace {

std::string_view opaque(std::string_view tag) noexcept {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

/// Takes the first entity tag off `list`; empty at the end, and for what is none.
std::string_view take_tag(std::string_view& list) noexcept {
  list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
  const std::size_t begin = list.starts_with("W/") ? 2 : 0;
  if (list.size() <= begin || list[begin] != '"') return {};
  const std::size_t end = list.find('"', begin + 1);  // a tag may have commas, but no quote
  if (end == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, end + 1);
  list.remove_prefix(tag.size());
  return tag;
}

bool names(std::string_view list, std::string_view etag) noexcept {
  if (list == "*") return true;
  for (std::string_view tag = take_tag(list); !tag.empty(); tag = take_tag(list)) {
    if (!etag.empty() && opaque(tag) == opaque(etag)) return true;
  }
  return false;
}

}  // namespace

std::string entity_tag_of(std::string_view body, bool weak) {
  constexpr std::size_t digest_bytes = 18;  // 24 characters
  const std::string digest = sha256(body).substr(0, digest_bytes);
  return (weak ? "W/\"" : "\"") + base64url(digest) + "\"";
}

bool is_fresh(const HeadersView& request, std::string_view etag, std::string_view last_modified) {
  if (request.contains("if-none-match")) {
    const auto lists = request.get_all("if-none-match");
    return std::any_of(lists.begin(), lists.end(), [&](std::string_view list) { return names(list, etag); });
  }
  const auto since = request.get("if-modified-since");
  if (!since || last_modified.empty()) return false;
  const auto known = parse_http_date(*since);
  const auto modified = parse_http_date(last_modified);
  return known && modified && *modified <= *known;
}

}  // namespace coroute::detail

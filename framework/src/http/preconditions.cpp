// SPDX-License-Identifier: BSL-1.0
#include "http/preconditions.hpp"

#include <vector>

#include "coroute/http/date.hpp"

namespace coroute::detail {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::string_view weak_prefix = "W/";

std::string_view opaque_tag(std::string_view tag) noexcept {
  return tag.starts_with(weak_prefix) ? tag.substr(weak_prefix.size()) : tag;
}

bool strongly_equal(std::string_view a, std::string_view b) noexcept {
  return a == b && !a.starts_with(weak_prefix);
}
bool weakly_equal(std::string_view a, std::string_view b) noexcept {
  return opaque_tag(a) == opaque_tag(b);
}

/// The first entity tag of a list, taken off it; empty at its end, or where it is broken.
std::string_view take_tag(std::string_view& list) noexcept {
  const std::size_t begin = list.find_first_not_of(", \t");
  if (begin == std::string_view::npos) return list = {};
  list.remove_prefix(begin);
  const std::size_t open = list.starts_with(weak_prefix) ? weak_prefix.size() : 0;
  const std::size_t close = list.size() > open && list[open] == '"' ? list.find('"', open + 1) : std::string_view::npos;
  if (close == std::string_view::npos) return list = {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return tag;
}

template <class Equal>
bool lists_tag(const std::vector<std::string_view>& fields, std::string_view etag, Equal equal) noexcept {
  for (std::string_view list : fields) {
    if (list == "*") return true;
    while (true) {
      const std::string_view tag = take_tag(list);
      if (tag.empty()) break;
      if (equal(tag, etag)) return true;
    }
  }
  return false;
}

std::optional<system_clock::time_point> date_of(const HeadersView& headers, std::string_view name) {
  const std::optional<std::string_view> value = headers.get(name);
  return value ? parse_http_date(*value) : std::nullopt;
}

std::optional<system_clock::time_point> whole_seconds(std::optional<system_clock::time_point> time) noexcept {
  if (time) *time = std::chrono::floor<seconds>(*time);
  return time;
}

}  // namespace

Precondition check_preconditions(const HeadersView& headers, const Validators& validators) {
  const auto modified = whole_seconds(validators.last_modified);
  if (headers.contains("if-match")) {
    if (!lists_tag(headers.get_all("if-match"), validators.etag, strongly_equal)) return Precondition::Failed;
  } else if (const auto date = date_of(headers, "if-unmodified-since")) {
    if (modified && *modified > *date) return Precondition::Failed;
  }
  if (headers.contains("if-none-match")) {
    if (lists_tag(headers.get_all("if-none-match"), validators.etag, weakly_equal)) return Precondition::NotModified;
  } else if (const auto date = date_of(headers, "if-modified-since")) {
    if (modified && *modified <= *date) return Precondition::NotModified;
  }
  return Precondition::Holds;
}

bool if_range_holds(const HeadersView& headers, const Validators& validators, system_clock::time_point now) {
  const std::optional<std::string_view> value = headers.get("if-range");
  if (!value) return true;
  if (value->starts_with('"') || value->starts_with(weak_prefix)) return strongly_equal(*value, validators.etag);
  const auto modified = whole_seconds(validators.last_modified);
  return modified && parse_http_date(*value) == modified && now - *modified >= seconds(1);
}

}  // namespace coroute::detail

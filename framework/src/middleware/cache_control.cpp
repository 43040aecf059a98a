// SPDX-License-Identifier: BSL-1.0
#include "cache_control.hpp"

#include <algorithm>
#include <charconv>

#include "coroute/http/date.hpp"

namespace coroute::detail {
namespace {

constexpr std::int64_t seconds_of_a_century = 100LL * 365 * 24 * 60 * 60;

/// Calls `use` with each element of the comma-separated fields of that name.
template <class F>
void for_each_element(const Headers& headers, std::string_view name, F use) {
  for (std::string_view field : headers.get_all(name)) {
    while (!field.empty()) {
      const std::size_t end = std::min(field.find(','), field.size());
      std::string_view element = field.substr(0, end);
      field.remove_prefix(std::min(end + 1, field.size()));
      element.remove_prefix(std::min(element.find_first_not_of(" \t"), element.size()));
      element = element.substr(0, element.find_last_not_of(" \t") + 1);
      if (!element.empty()) use(element);
    }
  }
}

/// With or without a value: `private="set-cookie"` counts as `private`.
bool has_directive(const Headers& headers, std::string_view directive) {
  bool found = false;
  for_each_element(headers, "cache-control", [&](std::string_view element) {
    found = found || iequals(element.substr(0, element.find('=')), directive);
  });
  return found;
}

/// Of a field that says how many seconds; nothing when it is no such number.
std::optional<std::chrono::seconds> seconds_of(std::string_view digits) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return std::nullopt;
  const bool fits = error == std::errc() && seconds <= static_cast<std::uint64_t>(seconds_of_a_century);
  return std::chrono::seconds(fits ? static_cast<std::int64_t>(seconds) : seconds_of_a_century);
}

}  // namespace

bool is_cacheable(Status status) noexcept {
  return status == Status::Ok || status == Status::MovedPermanently || status == Status::PermanentRedirect ||
         status == Status::NotFound || status == Status::Gone;
}

std::optional<std::chrono::seconds> cache_seconds(const Headers& headers, std::string_view directive) {
  std::optional<std::chrono::seconds> found;
  for_each_element(headers, "cache-control", [&](std::string_view element) {
    const std::size_t equals = element.find('=');
    if (found || equals == std::string_view::npos || !iequals(element.substr(0, equals), directive)) return;
    std::string_view digits = element.substr(equals + 1);
    if (digits.size() > 2 && digits.front() == '"' && digits.back() == '"')
      digits = digits.substr(1, digits.size() - 2);
    found = seconds_of(digits);
  });
  return found;
}

namespace {

/// RFC 9111 section 4.2.1: what can't be read means that it is stale.
std::optional<std::chrono::seconds> explicit_lifetime(const Headers& headers) {
  constexpr std::chrono::seconds stale{0};
  for (const std::string_view directive : {"s-maxage", "max-age"}) {
    if (has_directive(headers, directive)) return cache_seconds(headers, directive).value_or(stale);
  }
  const auto field = headers.get("expires");
  if (!field) return std::nullopt;
  const auto expires = parse_http_date(*field);
  if (!expires) return stale;
  const auto date = parse_http_date(headers.get("date").value_or(""));
  return std::chrono::floor<std::chrono::seconds>(*expires - date.value_or(std::chrono::system_clock::now()));
}

}  // namespace

std::chrono::seconds received_age(const Headers& headers) {
  return seconds_of(headers.get("age").value_or("")).value_or(std::chrono::seconds(0));
}

std::optional<std::chrono::seconds> shared_lifetime(const Request& request, const Response& response,
                                                    std::chrono::seconds default_ttl) {
  const Headers& headers = response.headers;
  if (!is_cacheable(response.status) || headers.contains("set-cookie")) return std::nullopt;
  for (const std::string_view forbidden : {"no-store", "private", "no-cache"}) {
    if (has_directive(headers, forbidden)) return std::nullopt;
  }
  const auto shared = cache_seconds(headers, "s-maxage");
  const bool authorized = request.headers().contains("authorization");
  if (authorized && !shared && !has_directive(headers, "public")) return std::nullopt;
  std::optional<std::chrono::seconds> lifetime = explicit_lifetime(headers);
  const bool has_credentials = authorized || request.headers().contains("cookie");
  if (!lifetime && !has_credentials && response.status == Status::Ok) lifetime = default_ttl;
  if (lifetime) *lifetime -= received_age(headers);
  if (lifetime && *lifetime <= std::chrono::seconds::zero()) lifetime.reset();
  return lifetime;
}

std::optional<std::vector<std::string>> vary_names(const Headers& headers) {
  std::vector<std::string> names;
  for_each_element(headers, "vary", [&](std::string_view element) {
    std::string& name = names.emplace_back(element);
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (std::find(names.begin(), names.end(), "*") != names.end()) return std::nullopt;
  return names;
}

}  // namespace coroute::detail

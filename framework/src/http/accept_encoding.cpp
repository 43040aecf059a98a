// SPDX-License-Identifier: BSL-1.0
#include "http/accept_encoding.hpp"

#include <algorithm>

#include "coroute/http/headers.hpp"

namespace coroute::detail {
namespace {

constexpr int full_quality = 1000;

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "0.5": 500; what is no quality counts as none.
int quality_value(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int value = (text[0] - '0') * full_quality;
  if (text.size() > 1 && text[1] != '.') return 0;
  int place = full_quality / 10;
  for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (c < '0' || c > '9') return 0;
    value += (c - '0') * place;
    place /= 10;
  }
  return value <= full_quality ? value : 0;
}

/// What has parameters but no quality counts as refused.
int quality_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    if (parameter.size() >= 2 && iequals(parameter.substr(0, 2), "q=")) return quality_value(parameter.substr(2));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return 0;
}

}  // namespace

std::optional<int> named_quality(std::string_view field, std::string_view coding) noexcept {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(','), field.size());
    const std::string_view element = field.substr(0, end);
    field.remove_prefix(std::min(end + 1, field.size()));
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    if (!iequals(trimmed(element.substr(0, semicolon)), coding)) continue;
    return semicolon == element.size() ? full_quality : quality_of(element.substr(semicolon + 1));
  }
  return std::nullopt;
}

int coding_quality(std::string_view field, std::string_view coding) noexcept {
  if (const auto named = named_quality(field, coding)) return *named;
  return named_quality(field, "*").value_or(0);
}

}  // namespace coroute::detail

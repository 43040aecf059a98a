// SPDX-License-Identifier: BSL-1.0
#include "accept_encoding.hpp"

#include <algorithm>
#include <optional>

namespace coroute::detail {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Of a weight, `q=0.5`, in thousandths; -1 for what is none (RFC 9110 section 12.4.2).
int weight_of(std::string_view text) noexcept {
  const bool is_weight = text.size() >= 3 && text.size() <= 7 && (text[0] | 0x20) == 'q' && text[1] == '=';
  if (!is_weight || (text[2] != '0' && text[2] != '1') || (text.size() > 3 && text[3] != '.')) return -1;
  int weight = (text[2] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(4, text.size()))) {
    if (c < '0' || c > '9') return -1;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? weight : -1;
}

/// What the client gives `coding`, in thousandths: 0 refuses it, nothing when it isn't named.
std::optional<int> weight_for(const HeadersView& headers, std::string_view coding) {
  for (std::string_view field : headers.get_all("accept-encoding")) {
    while (!field.empty()) {
      const std::size_t end = std::min(field.find(','), field.size());
      const std::string_view element = field.substr(0, end);
      field.remove_prefix(std::min(end + 1, field.size()));
      const std::size_t semicolon = element.find(';');
      if (!iequals(trimmed(element.substr(0, semicolon)), coding)) continue;
      if (semicolon == std::string_view::npos) return 1000;
      return std::max(0, weight_of(trimmed(element.substr(semicolon + 1))));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view preferred_encoding(const HeadersView& headers, std::span<const std::string> offered) {
  std::string_view best;
  int most = std::max(1, weight_for(headers, "identity").value_or(1));
  const int others = weight_for(headers, "*").value_or(0);
  for (const std::string& coding : offered) {
    const int weight = weight_for(headers, coding).value_or(others);
    if (best.empty() ? weight < most : weight <= most) continue;
    best = coding;
    most = weight;
  }
  return best;
}

}  // namespace coroute::detail

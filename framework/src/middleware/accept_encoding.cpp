// SPDX-License-Identifier: BSL-1.0
#include "accept_encoding.hpp"

#include <algorithm>
#include <optional>

#include "http/accept_encoding.hpp"

namespace coroute::detail {
namespace {

/// What the client gives `coding` in all of the fields; nothing when it isn't named.
std::optional<int> quality_in(const HeadersView& headers, std::string_view coding) {
  for (const std::string_view field : headers.get_all("accept-encoding")) {
    if (const auto quality = named_quality(field, coding)) return quality;
  }
  return std::nullopt;
}

}  // namespace

std::string_view preferred_encoding(const HeadersView& headers, std::span<const std::string> offered) {
  std::string_view best;
  int most = std::max(1, quality_in(headers, "identity").value_or(1));
  const int others = quality_in(headers, "*").value_or(0);
  for (const std::string& coding : offered) {
    const int quality = quality_in(headers, coding).value_or(others);
    if (best.empty() ? quality < most : quality <= most) continue;
    best = coding;
    most = quality;
  }
  return best;
}

}  // namespace coroute::detail

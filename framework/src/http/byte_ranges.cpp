// SPDX-License-Identifier: BSL-1.0
#include "http/byte_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "coroute/http/headers.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view unit = "bytes=";

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Digits alone; what is too large for any file is the largest number.
std::optional<std::uint64_t> number(std::string_view text) noexcept {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : std::numeric_limits<std::uint64_t>::max();
}

/// False: broken. Adds nothing when none of it is there.
bool add_range(std::string_view text, std::uint64_t size, std::vector<ByteRange>& ranges) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const std::optional<std::uint64_t> last = number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return false;
    const std::uint64_t count = std::min(*last, size);
    if (count > 0) ranges.push_back({size - count, size - 1});
    return true;
  }
  const std::optional<std::uint64_t> first = number(text.substr(0, dash));
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return false;
  if (*first < size) ranges.push_back({*first, last ? std::min(*last, size - 1) : size - 1});
  return true;
}

std::vector<ByteRange> merged(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) noexcept { return a.first < b.first; });
  std::vector<ByteRange> result;
  for (const ByteRange& range : ranges) {
    if (!result.empty() && range.first <= result.back().last + 1) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

}  // namespace

std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size, std::size_t max_ranges) {
  if (field.size() < unit.size() || !iequals(field.substr(0, unit.size()), unit)) return std::nullopt;
  field.remove_prefix(unit.size());
  std::vector<ByteRange> ranges;
  std::size_t count = 0;
  while (true) {
    const std::size_t comma = std::min(field.find(','), field.size());
    const std::string_view element = trimmed(field.substr(0, comma));
    if (!element.empty()) {  // empty elements of a list don't count (RFC 9110 section 5.6.1.2)
      if (++count > max_ranges || !add_range(element, size, ranges)) return std::nullopt;
    }
    if (comma == field.size()) break;
    field.remove_prefix(comma + 1);
  }
  if (count == 0) return std::nullopt;
  return merged(std::move(ranges));
}

}  // namespace coroute::detail

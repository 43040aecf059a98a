// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The Range field of a request (RFC 9110 section 14.2).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace coroute::detail {

/// Both ends included.
struct ByteRange {
  std::uint64_t first;
  std::uint64_t last;

  std::uint64_t size() const noexcept { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What is asked of `size` bytes: in ascending order, those that overlap or touch made one; empty when there is nothing
/// of it. Nullopt: the field is none that counts, so all is sent: another unit, a broken one, more than `max_ranges`.
std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size, std::size_t max_ranges);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A hash for keys that clients choose.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>

namespace coroute::detail {

/// Seeded for each process, so that nobody outside can choose keys that collide.
struct SeededHash {
  using is_transparent = void;

  std::size_t operator()(std::string_view key) const noexcept {
    static const std::uint64_t seed = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
    std::uint64_t hash = seed;
    for (const char c : key) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 0x9E3779B97F4A7C15U;
      hash ^= hash >> 32;
    }
    return static_cast<std::size_t>(hash);
  }
};

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Argon2id (RFC 9106), version 1.3.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coroute::detail {

struct Argon2Cost {
  std::uint32_t memory_kib = 0;
  std::uint32_t iterations = 0;
  std::uint32_t parallelism = 0;

  bool operator==(const Argon2Cost&) const = default;
};

/// Takes its time, on the calling thread, and on `parallelism` further ones when that is above 1. Throws
/// std::bad_alloc, std::invalid_argument when RFC 9106 section 3.1 doesn't allow the cost or the lengths.
std::string argon2id(std::string_view password, std::string_view salt, const Argon2Cost& cost, std::size_t hash_bytes);

}  // namespace coroute::detail

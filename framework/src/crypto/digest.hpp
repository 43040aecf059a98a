// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Digests and message authentication codes, as bytes.
#include <string>
#include <string_view>

namespace coroute::detail {

std::string sha1(std::string_view text);
std::string sha256(std::string_view text);
/// RFC 2104.
std::string hmac_sha1(std::string_view key, std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Takes as long wherever the first difference is; the lengths are no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// From the operating system's generator.
std::string random_bytes(std::size_t count);

}  // namespace coroute::detail

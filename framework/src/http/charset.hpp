// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The character sets that a form may come in, and the way from them to UTF-8.
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

enum class Charset : unsigned char { Utf8, Latin1 };

/// nullopt for an encoding that isn't known here.
std::optional<Charset> parse_charset(std::string_view label) noexcept;

bool is_valid_utf8(std::string_view text) noexcept;

/// Loses nothing: what is said to be UTF-8 and isn't is read as Latin-1, as Starlette does.
std::string decode_to_utf8(std::string bytes, Charset charset);

}  // namespace coroute::detail

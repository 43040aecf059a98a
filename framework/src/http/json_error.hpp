// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The slow answer to what is wrong with a JSON text, for readers that only know that something is.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "coroute/http/error_detail.hpp"
#include "coroute/http/json_limits.hpp"

namespace coroute::detail {

/// What parse_json would throw, but for keys that come twice, which are fine here; nothing when the text is JSON.
std::optional<JsonParseError> find_json_error(std::string_view text, const JsonLimits& limits);

/// Of what is in front of the byte at `bytes`: errors tell where they are as FastAPI does, in characters.
std::int64_t characters_before(std::string_view text, std::size_t bytes) noexcept;

/// What FastAPI says of `text`: "json_invalid" at `at` and the number of characters before the error.
ErrorDetail json_invalid(std::string_view text, const JsonParseError& error, Location at);

}  // namespace coroute::detail

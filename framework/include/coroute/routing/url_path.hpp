// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The way back from a pattern: a path built from the values of its placeholders.

#include <initializer_list>
#include <span>
#include <string>

#include "coroute/http/path_params.hpp"
#include "coroute/routing/path_pattern.hpp"

namespace coroute {

/// A path ready for a URL: each value and literal percent-encoded, slashes kept in the value of a `path` placeholder
/// and refused in any other. Throws `std::invalid_argument` when a value is missing, unknown, given twice or does not
/// fit its convertor, or when the result would be changed or misread by a client: a "." or ".." segment, "//" in front.
///
///     url_path_for(PathPattern::parse("/files/{name}"), {{"name", "a b"}})   // "/files/a%20b"
[[nodiscard]] std::string url_path_for(const PathPattern& pattern, std::span<const PathParam> values);
[[nodiscard]] std::string url_path_for(const PathPattern& pattern, std::initializer_list<PathParam> values);

}  // namespace coroute

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Media types (RFC 9110 section 8.3.1).
#include <string_view>

namespace coroute {

/// True for application/json and application/*+json, parameters aside.
bool is_json_media_type(std::string_view content_type) noexcept;

/// What a file is by the end of its name, without a charset: "image/png"; application/octet-stream when that says
/// nothing.
std::string_view guess_media_type(std::string_view filename) noexcept;

}  // namespace coroute

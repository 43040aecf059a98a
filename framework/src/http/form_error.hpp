// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The 400 that answers a broken form, with FastAPI's words.
#include <cstddef>
#include <string>
#include <string_view>

#include "coroute/http/http_exception.hpp"

namespace coroute::detail {

[[noreturn]] inline void throw_form_error(std::string_view detail = "There was an error parsing the body") {
  throw HttpException(Status::BadRequest, detail);
}

/// For a text over `max_part_size`.
[[noreturn]] inline void throw_part_too_large(std::size_t limit) {
  throw_form_error("Part exceeded maximum size of " + std::to_string(limit / 1024) + "KB.");
}

/// For texts over `max_fields_size`.
[[noreturn]] inline void throw_fields_too_large(std::size_t limit) {
  throw_form_error("Fields exceeded maximum size of " + std::to_string(limit / 1024) + "KB.");
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The 400 that answers a broken form, with FastAPI's words.
#include <string_view>

#include "coroute/http/http_exception.hpp"

namespace coroute::detail {

[[noreturn]] inline void throw_form_error(std::string_view detail = "There was an error parsing the body") {
  throw HttpException(Status::BadRequest, detail);
}

}  // namespace coroute::detail

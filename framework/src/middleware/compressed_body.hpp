// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers with a compressed body in place of theirs.
#include <string>
#include <string_view>

#include "coroute/http/response.hpp"

namespace coroute::detail {

std::string compressed(std::string_view body, std::string_view coding, int level);

/// Puts `packed` in place of a body in memory, unless it is empty or no smaller.
void put_compressed(Response& response, std::string packed, std::string_view coding);

/// Each piece of a streamed body can be read as soon as it has come.
void compress_stream(Response& response, std::string_view coding, int level);

}  // namespace coroute::detail

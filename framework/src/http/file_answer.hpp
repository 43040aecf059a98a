// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How an open file answers a request.
#include <cstddef>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"
#include "http/open_file.hpp"

namespace coroute::detail {

struct FileDescription {
  std::string media_type;  ///< As it is sent.
  std::string coding;      ///< Of the content; empty: none.
  Headers headers;         ///< Take the place of the file's own.
  Status status = Status::Ok;
  std::size_t max_ranges = 32;
};

/// `type`, and the charset of text.
std::string with_charset(std::string_view type);

/// Reads what is small, so it belongs on a thread of `file_pool`; the rest comes from there piece by piece.
/// HttpException 412.
Response file_answer(const Request& request, OpenFile file, FileDescription description);

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers whose body middleware may look at: one place that knows what kinds of bodies there are.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/http/response.hpp"

namespace coroute::detail {

/// The whole body; nothing when it isn't in memory.
inline std::optional<std::string_view> buffered_body(const Response& response) noexcept {
  if (response.is_streamed()) return std::nullopt;
  return response.content();
}

/// Puts another body in place of a buffered one; status, fields and content type stay.
inline void replace_body(Response& response, std::string body) {
  Response replaced(std::move(body), response.content_type(), response.status);
  if (response.headers.contains("content-type") || response.content_type().empty()) {
    replaced.headers = std::move(response.headers);
  } else {
    for (const HeaderField field : response.headers)
      replaced.headers.add(field.name, field.value);
  }
  response = std::move(replaced);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One thing that is wrong with a request, as clients are told: an element of FastAPI's `{"detail": [...]}`.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coroute/http/json_quoted.hpp"

namespace coroute {

/// Where in the request: the source ("path", "query", "header", "cookie", "body"), then names and indices, as in
/// `{"body", "items", 2, "price"}`.
using Location = std::vector<std::variant<std::string, std::int64_t>>;

struct ErrorDetail {
  std::string type;            ///< For programs: "missing", "int_parsing".
  Location loc;                ///< Where.
  std::string msg;             ///< For people.
  std::string input = "null";  ///< What was found there, as JSON text; "null" when nothing was.
  std::string ctx = {};        ///< What `msg` speaks of, as the JSON text of an object; empty: left out.

  bool operator==(const ErrorDetail&) const = default;
};

/// The JSON array, with each element's keys in pydantic's order: type, loc, msg, input, ctx.
std::string to_json_text(std::span<const ErrorDetail> errors);

/// "query.limit", "body.items.2.price": for logs.
std::string to_string(const Location& location);

}  // namespace coroute

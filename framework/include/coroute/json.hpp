// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Json` and the reading of JSON from outside, with limits.
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/http/json_fwd.hpp"

namespace coroute {

struct JsonLimits {
  /// Arrays and objects inside each other.
  std::size_t max_depth = 32;
};

/// What is wrong with a JSON text, and where.
class JsonParseError : public std::runtime_error {
 public:
  JsonParseError(const std::string& what, std::size_t offset) : std::runtime_error(what), offset_(offset) {}
  /// In bytes from the start of the text.
  std::size_t offset() const noexcept { return offset_; }

 private:
  std::size_t offset_;
};

/// Parses one JSON value (RFC 8259) in linear time. Refuses with JsonParseError what is deeper than the limit, an
/// object with the same key twice, invalid UTF-8, and anything after the value.
Json parse_json(std::string_view text, const JsonLimits& limits = {});

/// Compact text in UTF-8, without `\u` escapes for what is not ASCII; what is not valid UTF-8 becomes U+FFFD.
std::string to_json_text(const Json& value);

}  // namespace coroute

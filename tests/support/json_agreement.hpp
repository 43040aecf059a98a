// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Compares JsonReader with parse_json, which is another implementation.
#include <optional>
#include <string>
#include <string_view>

#include "coroute/json.hpp"
#include "coroute/params/json_reader.hpp"
#include "http/json_error.hpp"

namespace coroute::testing {

inline Json number_value(const JsonNumber& number) {
  switch (number.kind) {
    case JsonNumber::Kind::Signed:
      return number.as_signed;
    case JsonNumber::Kind::Unsigned:
      return number.as_unsigned;
    default:
      return number.as_double;
  }
}

inline Json read_value(JsonReader& reader) {
  switch (reader.kind()) {
    case JsonKind::Null:
      reader.read_null();
      return nullptr;
    case JsonKind::Bool:
      return reader.read_bool();
    case JsonKind::Number:
      return number_value(reader.read_number());
    case JsonKind::String:
      return std::string(reader.read_string());
    case JsonKind::Array: {
      Json items = Json::array();
      for (reader.enter_array(); reader.next_item();)
        items.push_back(read_value(reader));
      return items;
    }
    case JsonKind::Object: {
      Json members = Json::object();
      std::string_view key;
      for (reader.enter_object(); reader.next_member(key);) {
        std::string name(key);
        members[name] = read_value(reader);
      }
      return members;
    }
  }
  return nullptr;
}

inline std::optional<Json> read_whole(std::string_view text) {
  try {
    JsonReader reader(text);
    Json value = read_value(reader);
    reader.finish();
    return value;
  } catch (const JsonParseError&) {
    return std::nullopt;
  }
}

inline bool is_skipped(std::string_view text) {
  try {
    JsonReader reader(text);
    reader.skip();
    reader.finish();
    return true;
  } catch (const JsonParseError&) {
    return false;
  }
}

/// Empty when the reader agrees with parse_json about the text, otherwise what it does differently.
inline std::string disagreement(std::string_view text) {
  const bool accepted = !detail::find_json_error(text, JsonLimits{});
  const std::optional<Json> read = read_whole(text);
  if (read.has_value() != accepted) return accepted ? "refused when read" : "accepted when read";
  if (is_skipped(text) != accepted) return accepted ? "refused when skipped" : "accepted when skipped";
  if (!accepted) return {};
  try {
    return parse_json(text) == *read ? "" : "read as " + read->dump();
  } catch (const JsonParseError& error) {
    const bool duplicate = std::string_view(error.what()).starts_with("duplicate key");
    return duplicate ? "" : "refused by parse_json only";
  }
}

}  // namespace coroute::testing

// SPDX-License-Identifier: BSL-1.0
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "coroute/json.hpp"
#include "coroute/params/codec.hpp"
#include "http/seeded_hash.hpp"

namespace coroute {
namespace {

// Recursion is bounded by the reader's limit of depth.
Json read_any(JsonReader& in);

/// Looking each key up among those before it would take quadratic time.
Json read_any_object(JsonReader& in) {
  Json object = Json::object();
  auto& members = object.get_ref<Json::object_t&>();
  std::unordered_map<std::string_view, std::size_t, detail::SeededHash> places;
  in.enter_object();
  for (std::string_view name; in.next_member(name);) {
    const auto [place, is_new] = places.try_emplace(name, members.size());
    if (is_new) {
      members.push_back({std::string(name), read_any(in)});
    } else {
      (members.begin() + static_cast<std::ptrdiff_t>(place->second))->second = read_any(in);
    }
  }
  return object;
}

Json read_any_number(const JsonNumber& number) {
  switch (number.kind) {
    case JsonNumber::Kind::Signed:
      return number.as_signed;
    case JsonNumber::Kind::Unsigned:
      return number.as_unsigned;
    default:
      return number.as_double;
  }
}

Json read_any(JsonReader& in) {
  switch (in.kind()) {
    case JsonKind::Null:
      in.read_null();
      return nullptr;
    case JsonKind::Bool:
      return in.read_bool();
    case JsonKind::Number:
      return read_any_number(in.read_number());
    case JsonKind::String:
      return std::string(in.read_string());
    case JsonKind::Array: {
      Json array = Json::array();
      for (in.enter_array(); in.next_item();)
        array.push_back(read_any(in));
      return array;
    }
    case JsonKind::Object:
      return read_any_object(in);
  }
  return nullptr;
}

}  // namespace

void Codec<UploadFile>::describe(SchemaNode node, const detail::Rules& rules) {
  node.file();
  node.rules(rules);
}

void Codec<Json>::read(JsonReader& in, Json& out, const detail::Rules&, const detail::Loc&, detail::Problems&) {
  out = read_any(in);
}

void Codec<Json>::write(JsonWriter& out, const Json& value) {
  out.raw(to_json_text(value));
}

void Codec<Json>::describe(SchemaNode node, const detail::Rules& rules) {
  node.rules(rules);
}

}  // namespace coroute

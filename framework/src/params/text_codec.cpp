// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/params/codec.hpp"
#include "coroute/params/values.hpp"
#include "params/refuse.hpp"
#include "params/text_pattern.hpp"

namespace coroute::detail {
namespace {

const InvalidValue not_a_text{"string_type", "Input should be a valid string", {}};
const InvalidValue not_bytes{"bytes_type", "Input should be a valid bytes", {}};

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string length_context(std::string_view name, std::size_t length) {
  return "{\"" + std::string(name) + "\":" + std::to_string(length) + "}";
}

std::string characters(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " character" : " characters");
}

bool check_text_of(std::string_view text, const Rules& rules, const Loc& at, Problems& problems, Input input) {
  if (rules.min_length != 0 || rules.max_length != Rules::unlimited) {
    if (auto problem = broken_length_rule(count_characters(text), rules)) {
      return refuse(at, problems, std::move(*problem), input);
    }
  }
  if (!rules.pattern.empty() && !occurs_in(rules.pattern, text)) {
    std::string context = "{\"pattern\":";
    JsonWriter(context).string(rules.pattern);
    return refuse(
        at, problems,
        {"string_pattern_mismatch", "String should match pattern '" + std::string(rules.pattern) + "'", context + "}"},
        input);
  }
  return true;
}

bool check_bytes_of(std::string_view text, const Rules& rules, const Loc& at, Problems& problems, Input input) {
  const auto bytes = [](std::size_t count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes"); };
  if (text.size() < rules.min_length) {
    return refuse(at, problems,
                  {"bytes_too_short", "Data should have at least " + bytes(rules.min_length),
                   length_context("min_length", rules.min_length)},
                  input);
  }
  if (text.size() > rules.max_length) {
    return refuse(at, problems,
                  {"bytes_too_long", "Data should have at most " + bytes(rules.max_length),
                   length_context("max_length", rules.max_length)},
                  input);
  }
  return true;
}

}  // namespace

std::optional<InvalidValue> broken_length_rule(std::size_t length, const Rules& rules) {
  if (length < rules.min_length) {
    return InvalidValue{"string_too_short", "String should have at least " + characters(rules.min_length),
                        length_context("min_length", rules.min_length)};
  }
  if (length > rules.max_length) {
    return InvalidValue{"string_too_long", "String should have at most " + characters(rules.max_length),
                        length_context("max_length", rules.max_length)};
  }
  return std::nullopt;
}

bool read_text(JsonReader& in, std::string_view& out, const Rules& rules, const Loc& at, Problems& problems) {
  const std::size_t begin = in.offset();
  if (in.kind() != JsonKind::String) return refuse_kind(in, begin, at, problems, not_a_text);
  out = in.read_string();
  return check_text_of(out, rules, at, problems, {in.text(begin), true});
}

bool check_text(std::string_view text, const Rules& rules, const Loc& at, Problems& problems) {
  return check_text_of(text, rules, at, problems, {text, false});
}

bool read_bytes(JsonReader& in, std::string_view& out, const Rules& rules, const Loc& at, Problems& problems) {
  const std::size_t begin = in.offset();
  problems.coerced();
  if (in.kind() != JsonKind::String) return refuse_kind(in, begin, at, problems, not_bytes);
  out = in.read_string();
  return check_bytes_of(out, rules, at, problems, {in.text(begin), true});
}

bool check_bytes(std::string_view text, const Rules& rules, const Loc& at, Problems& problems) {
  return check_bytes_of(text, rules, at, problems, {text, false});
}

void describe_text(SchemaNode node, const Rules& rules) {
  node.type("string");
  node.rules(rules);
}

}  // namespace coroute::detail

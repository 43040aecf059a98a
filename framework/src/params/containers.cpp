// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/containers.hpp"

#include <stdexcept>

namespace coroute::detail {
namespace {

void add(const Loc& at, Problems& problems, InvalidValue problem, std::string_view input, bool input_is_json) {
  if (input_is_json) {
    problems.add(at, std::move(problem), input);
  } else {
    problems.add_text(at, std::move(problem), input);
  }
}

std::string items(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " item" : " items");
}

std::string length_context(std::string_view word, std::string_view name, std::size_t bound, const std::string& actual) {
  return R"({"field_type":")" + std::string(word) + R"(",")" + std::string(name) + "\":" + std::to_string(bound) +
         ",\"actual_length\":" + actual + "}";
}

/// "'a', 'b' or 'c'".
std::string alternatives(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += i + 1 == names.size() ? " or " : ", ";
    text.append("'").append(names[i]).append("'");
  }
  return text;
}

/// `before`: the problems before the first item. An item too many ends the list at once, as in pydantic, which doesn't
/// tell of items before it then; and of a set it doesn't know how many there would have been.
void check_length(std::size_t kept, const Rules& rules, const Loc& at, Problems& problems, std::size_t before,
                  std::string_view word, std::string_view input) {
  const auto message = [&](const char* bound_words, std::size_t bound, const std::string& actual) {
    return std::string(word) + " should have " + bound_words + items(bound) + " after validation, not " + actual;
  };
  if (kept > rules.max_length) {
    const bool is_set = word == "Set";
    problems.forget_since(before);
    problems.add(at,
                 {"too_long", message("at most ", rules.max_length, is_set ? "more" : std::to_string(kept)),
                  length_context(word, "max_length", rules.max_length, is_set ? "null" : std::to_string(kept))},
                 input);
  } else if (kept < rules.min_length && problems.count() == before) {
    problems.add(at,
                 {"too_short", message("at least ", rules.min_length, std::to_string(kept)),
                  length_context(word, "min_length", rules.min_length, std::to_string(kept))},
                 input);
  }
}

}  // namespace

ListReader::ListReader(JsonReader& in, const Rules& rules, const Loc& at, Problems& problems, std::string_view type,
                       std::string_view word)
    : in_(in),
      rules_(rules),
      list_(at),
      problems_(problems),
      item_{&at, {}, 0},
      begin_(in.offset()),
      problems_before_(problems.count()),
      word_(word),
      is_list_(in.kind() == JsonKind::Array) {
  if (is_list_) {
    in_.enter_array();
    return;
  }
  in_.skip();
  const std::string_view kind = type.substr(0, type.find('_'));
  problems_.add(at, {type, "Input should be a valid " + std::string(kind), {}}, in_.text(begin_));
}

bool ListReader::next() {
  if (!is_list_ || !in_.next_item()) return false;
  item_.index = began_ ? item_.index + 1 : 0;
  began_ = true;
  return true;
}

void ListReader::finish(std::size_t kept) {
  if (!is_list_ || (rules_.min_length == 0 && rules_.max_length == Rules::unlimited)) return;
  check_length(kept, rules_, list_, problems_, problems_before_, word_, in_.text(begin_));
}

void write_texts(std::span<const std::string_view> texts, JsonWriter& out) {
  out.begin_array();
  for (const std::string_view text : texts)
    out.string(text);
  out.end_array();
}

void check_number_of_texts(std::span<const std::string_view> texts, std::size_t kept, const Rules& rules, const Loc& at,
                           Problems& problems, std::size_t before, std::string_view word) {
  if (kept >= rules.min_length && kept <= rules.max_length) return;
  std::string input;
  JsonWriter out(input);
  write_texts(texts, out);
  check_length(kept, rules, at, problems, before, word, input);
}

MapReader::MapReader(JsonReader& in, const Rules& rules, const Loc& at, Problems& problems)
    : in_(in),
      rules_(rules),
      map_(at),
      problems_(problems),
      value_{&at, {}, Loc::no_index},
      key_at_{&value_, "[key]", Loc::no_index},
      begin_(in.offset()),
      problems_before_(problems.count()),
      is_map_(in.kind() == JsonKind::Object) {
  if (is_map_) {
    in_.enter_object();
    return;
  }
  in_.skip();
  problems_.add(at, {"dict_type", "Input should be a valid dictionary", {}}, in_.text(begin_));
}

bool MapReader::next() {
  if (!is_map_ || !in_.next_member(key_)) return false;
  value_.name = key_;
  if (problems_.count() != problems_before_) problems_.forget_member(problems_before_, map_, key_);
  return true;
}

void MapReader::finish(std::size_t kept) {
  if (!is_map_ || (rules_.min_length == 0 && rules_.max_length == Rules::unlimited)) return;
  check_length(kept, rules_, map_, problems_, problems_before_, "Dictionary", in_.text(begin_));
}

std::string key_text(const std::string& json) {
  return json.starts_with('"') ? std::string(JsonReader(json).read_string()) : json;
}

bool find_name(std::string_view text, std::span<const std::string_view> names, std::size_t& index,
               std::string_view type, const Loc& at, Problems& problems, std::string_view input, bool input_is_json) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != text) continue;
    index = i;
    return true;
  }
  const std::string expected = alternatives(names);
  std::string context = "{\"expected\":";
  JsonWriter(context).string(expected);
  add(at, problems, {type, "Input should be " + expected, context + "}"}, input, input_is_json);
  return false;
}

bool read_name(JsonReader& in, std::span<const std::string_view> names, std::size_t& index, std::string_view type,
               const Loc& at, Problems& problems) {
  const std::size_t begin = in.offset();
  if (in.kind() == JsonKind::String) {
    const std::string_view text = in.read_string();
    return find_name(text, names, index, type, at, problems, in.text(begin), true);
  }
  in.skip();
  const std::string_view nothing("\0", 1);  // is no name
  return find_name(nothing, names, index, type, at, problems, in.text(begin), true);
}

void throw_value_without_name(std::string_view enumeration) {
  throw std::out_of_range("a value of the enumeration " + std::string(enumeration) + " has no name");
}

bool parse_custom(std::string_view text, bool (*from)(std::string_view, void*), void* out, const Loc& at,
                  Problems& problems, std::string_view input, bool input_is_json) {
  std::string message = "Value error, invalid value";
  try {
    if (from(text, out)) return true;
  } catch (const std::invalid_argument& error) {
    message = std::string("Value error, ") + error.what();
  }
  add(at, problems, {"value_error", std::move(message), R"({"error":{}})"}, input, input_is_json);
  return false;
}

}  // namespace coroute::detail

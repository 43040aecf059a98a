// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/tuple.hpp"

#include <string>

#include "coroute/params/containers.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view word = "Tuple";

/// As pydantic counts a tuple's items: too many are an error of the whole, those that lack are missing one by one.
Rules at_most(std::size_t count) {
  Rules rules;
  rules.max_length = count;
  return rules;
}

void add_missing(std::size_t begin, std::size_t end, const Loc& at, Problems& problems, std::string_view input) {
  for (std::size_t i = begin; i < end; ++i)
    problems.add(Loc{&at, {}, i}, {"missing", "Field required", {}}, input);
}

}  // namespace

void read_tuple(JsonReader& in, ItemTypes types, std::span<void* const> items, const Loc& at, Problems& problems) {
  const Rules rules = at_most(types.size());
  problems.coerced();
  ListReader list(in, rules, at, problems, "tuple_type", word);
  std::size_t count = 0;
  for (; list.next(); ++count) {
    if (count < types.size()) {
      types[count]->read(in, items[count], no_rules, list.at(), problems);
    } else {
      in.skip();
    }
  }
  if (!list.is_list()) return;
  add_missing(count, types.size(), at, problems, list.text());
  list.finish(count);
}

void parse_tuple(std::span<const std::string_view> texts, ItemTypes types, std::span<void* const> items, const Loc& at,
                 Problems& problems) {
  const std::size_t before = problems.count();
  for (std::size_t i = 0; i < texts.size() && i < types.size(); ++i)
    types[i]->parse(texts.subspan(i, 1), items[i], no_rules, Loc{&at, {}, i}, problems);
  if (texts.size() < types.size()) {
    std::string input;
    JsonWriter out(input);
    write_texts(texts, out);
    add_missing(texts.size(), types.size(), at, problems, input);
  }
  check_number_of_texts(texts, texts.size(), at_most(types.size()), at, problems, before, word);
}

void write_tuple(JsonWriter& out, ItemTypes types, std::span<const void* const> items) {
  out.begin_array();
  for (std::size_t i = 0; i < types.size(); ++i)
    types[i]->write(out, items[i]);
  out.end_array();
}

void describe_tuple(SchemaNode node, ItemTypes types, const Rules& rules) {
  for (const TypeOperations* const type : types)
    type->describe(node.prefix_item(), no_rules);
  node.type("array");
  node.items_count(types.size());
  node.rules(rules);
}

}  // namespace coroute::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Lists, sets, maps, enumerations, literals and texts of the user's own as values.
#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coroute/params/codec.hpp"
#include "coroute/params/detail/enumerators.hpp"
#include "coroute/params/model.hpp"

namespace coroute {
namespace detail {

/// Goes through a JSON array; false from the start, and noted, when it is none.
class ListReader {
 public:
  ListReader(JsonReader& in, const Rules& rules, const Loc& at, Problems& problems, std::string_view type,
             std::string_view word);
  bool next();
  bool is_list() const noexcept { return is_list_; }
  /// Where the item at hand stands.
  const Loc& at() const noexcept { return item_; }
  /// All of the list that was read.
  std::string_view text() { return in_.text(begin_); }
  /// Checks the number of items that were kept.
  void finish(std::size_t kept);

 private:
  JsonReader& in_;
  const Rules& rules_;
  const Loc& list_;
  Problems& problems_;
  Loc item_;
  std::size_t begin_;
  std::size_t problems_before_;
  std::string_view word_;
  bool is_list_;
  bool began_ = false;
};

/// The same for an object whose keys are values.
class MapReader {
 public:
  MapReader(JsonReader& in, const Rules& rules, const Loc& at, Problems& problems);
  bool next();
  std::string_view key() const noexcept { return key_; }
  const Loc& at() const noexcept { return value_; }
  const Loc& key_at() const noexcept { return key_at_; }
  void finish(std::size_t kept);

 private:
  JsonReader& in_;
  const Rules& rules_;
  const Loc& map_;
  Problems& problems_;
  Loc value_;
  Loc key_at_;
  std::string_view key_;
  std::size_t begin_;
  std::size_t problems_before_;
  bool is_map_;
};

/// The item of a list has the rules of the list's values, which are declared with their type alone.
template <class T, class Container>
void read_into(JsonReader& in, Container& out, const Loc& at, Problems& problems) {
  T item{};
  Codec<T>::read(in, item, no_rules, at, problems);
  if constexpr (requires { out.push_back(std::move(item)); }) {
    out.push_back(std::move(item));
  } else {
    out.insert(std::move(item));
  }
}

/// As a JSON array.
void write_texts(std::span<const std::string_view> texts, JsonWriter& out);
/// `before`: the problems before the first item.
void check_number_of_texts(std::span<const std::string_view> texts, std::size_t kept, const Rules& rules, const Loc& at,
                           Problems& problems, std::size_t before, std::string_view word);

template <class T, class Container>
struct SequenceCodec {
  static constexpr bool is_set = !requires(Container& out, T item) { out.push_back(std::move(item)); };
  static constexpr std::string_view type = is_set ? "set_type" : "list_type";
  static constexpr std::string_view word = is_set ? "Set" : "List";

  static void read(JsonReader& in, Container& out, const Rules& rules, const Loc& at, Problems& problems)
    requires FromJson<T>
  {
    out.clear();
    ListReader list(in, rules, at, problems, type, word);
    if (is_set) problems.coerced();
    while (list.next())
      read_into<T>(in, out, list.at(), problems);
    list.finish(out.size());
  }
  static void parse_all(std::span<const std::string_view> texts, Container& out, const Rules& rules, const Loc& at,
                        Problems& problems)
    requires FromText<T>
  {
    out.clear();
    const std::size_t before = problems.count();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      T item{};
      Codec<T>::parse(texts[i], item, no_rules, Loc{&at, {}, i}, problems);
      if constexpr (is_set) {
        out.insert(std::move(item));
      } else {
        out.push_back(std::move(item));
      }
    }
    check_number_of_texts(texts, out.size(), rules, at, problems, before, word);
  }
  static void write(JsonWriter& out, const Container& value)
    requires ToJson<T>
  {
    out.begin_array();
    for (const auto& item : value)
      Codec<T>::write(out, item);
    out.end_array();
  }
  static void describe(SchemaNode node, const Rules& rules) {
    Codec<T>::describe(node.items(), no_rules);
    node.type("array");
    if (is_set) node.unique_items();
    node.rules(rules);
  }
};

/// A list of as many items.
template <class T, std::size_t size>
struct ArrayCodec {
  using Array = std::array<T, size>;

  static void read(JsonReader& in, Array& out, const Rules&, const Loc& at, Problems& problems)
    requires FromJson<T>
  {
    const Rules rules = exactly();
    ListReader list(in, rules, at, problems, "list_type", "List");
    std::size_t kept = 0;
    for (; list.next(); ++kept) {
      T item{};
      Codec<T>::read(in, item, no_rules, list.at(), problems);
      if (kept < size) out[kept] = std::move(item);
    }
    list.finish(kept);
  }
  static void parse_all(std::span<const std::string_view> texts, Array& out, const Rules&, const Loc& at,
                        Problems& problems)
    requires FromText<T>
  {
    const std::size_t before = problems.count();
    for (std::size_t i = 0; i < texts.size() && i < size; ++i) {
      T item{};
      Codec<T>::parse(texts[i], item, no_rules, Loc{&at, {}, i}, problems);
      out[i] = std::move(item);
    }
    check_number_of_texts(texts, texts.size(), exactly(), at, problems, before, "List");
  }
  static void write(JsonWriter& out, const Array& value)
    requires ToJson<T>
  {
    out.begin_array();
    for (const T& item : value)
      Codec<T>::write(out, item);
    out.end_array();
  }
  static void describe(SchemaNode node, const Rules& rules) {
    Codec<T>::describe(node.items(), no_rules);
    node.type("array");
    node.items_count(size);
    node.rules(rules);
  }

 private:
  static Rules exactly() {
    Rules rules;
    rules.min_length = rules.max_length = size;
    return rules;
  }
};

/// A JSON scalar as the key of a member: what a string says, the others as they are.
std::string key_text(const std::string& json);

template <class K, class V, class Container>
struct MapCodec {
  static void read(JsonReader& in, Container& out, const Rules& rules, const Loc& at, Problems& problems) {
    out.clear();
    MapReader map(in, rules, at, problems);
    while (map.next()) {
      K key{};
      V value{};
      Codec<K>::parse(map.key(), key, no_rules, map.key_at(), problems);
      Codec<V>::read(in, value, no_rules, map.at(), problems);
      out.insert_or_assign(std::move(key), std::move(value));
    }
    map.finish(out.size());
  }
  static void write(JsonWriter& out, const Container& value) {
    out.begin_object();
    for (const auto& [key, item] : value) {
      if constexpr (std::is_convertible_v<const K&, std::string_view>) {
        out.key(key);
      } else {
        std::string text;
        JsonWriter key_out(text);
        Codec<K>::write(key_out, key);
        out.key(key_text(text));
      }
      Codec<V>::write(out, item);
    }
    out.end_object();
  }
  static void describe(SchemaNode node, const Rules& rules) {
    node.type("object");
    Codec<V>::describe(node.additional_properties(), no_rules);
    node.rules(rules);
  }
};

/// The index of `text` among `names`, else `enum` or `literal_error`.
bool find_name(std::string_view text, std::span<const std::string_view> names, std::size_t& index,
               std::string_view type, const Loc& at, Problems& problems, std::string_view input, bool input_is_json);
bool read_name(JsonReader& in, std::span<const std::string_view> names, std::size_t& index, std::string_view type,
               const Loc& at, Problems& problems);
[[noreturn]] void throw_value_without_name(std::string_view enumeration);
bool parse_custom(std::string_view text, bool (*from)(std::string_view, void*), void* out, const Loc& at,
                  Problems& problems, std::string_view input, bool input_is_json);

}  // namespace detail

/// std::vector, std::deque, std::list and others of their kind.
template <detail::List C>
struct Codec<C> : detail::SequenceCodec<typename C::value_type, C> {};
template <detail::Set C>
struct Codec<C> : detail::SequenceCodec<typename C::value_type, C> {};
template <detail::Map C>
struct Codec<C> : detail::MapCodec<typename C::key_type, typename C::mapped_type, C> {};
template <class T, std::size_t size>
struct Codec<std::array<T, size>> : detail::ArrayCodec<T, size> {};

/// The names of an enumeration's values. Those in the program are known of values from -16 to 127 (of an unsigned type
/// from 0): specialize it, or include coroute/describe.hpp, for an enumeration that has others.
template <class E>
struct EnumNames {
  static constexpr std::span<const std::string_view> names() { return detail::enumerators<E>.names; }
  /// That of no name: the number of names.
  static constexpr std::size_t index(E value) {
    return detail::enumerators<E>.index_of(static_cast<std::underlying_type_t<E>>(value));
  }
  static constexpr E value(std::size_t index) { return static_cast<E>(detail::enumerators<E>.values[index]); }
};

template <class E>
  requires std::is_enum_v<E>
struct Codec<E> {
  using Names = EnumNames<E>;
  static_assert(!Names::names().empty(),
                "no value of this enumeration is in -16..127, where their names are known: specialize "
                "coroute::EnumNames for it");

  static void read(JsonReader& in, E& out, const detail::Rules&, const detail::Loc& at, detail::Problems& problems) {
    problems.coerced();
    std::size_t index = 0;
    if (detail::read_name(in, Names::names(), index, "enum", at, problems)) out = Names::value(index);
  }
  static void parse(std::string_view text, E& out, const detail::Rules&, const detail::Loc& at,
                    detail::Problems& problems) {
    std::size_t index = 0;
    if (detail::find_name(text, Names::names(), index, "enum", at, problems, text, false)) out = Names::value(index);
  }
  /// Throws std::out_of_range for a value without a name.
  static void write(JsonWriter& out, E value) {
    const std::size_t index = Names::index(value);
    if (index >= Names::names().size()) detail::throw_value_without_name(detail::type_name<E>());
    out.string(Names::names()[index]);
  }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.definition(detail::type_name<E>(), detail::qualified_type_name<E>(), [](SchemaNode definition) {
      definition.type("string");
      definition.enumeration(Names::names());
    });
    node.rules(rules);
  }
};

/// One of some texts, Python's `Literal["asc", "desc"]`; the first until it is set.
template <FixedString... options>
class Literal {
  static_assert(sizeof...(options) > 0, "a Literal needs at least one text");

 public:
  static constexpr std::array<std::string_view, sizeof...(options)> names{detail::constant_text<options>...};

  constexpr Literal() = default;
  /// A text that is none of them doesn't compile.
  consteval Literal(const char* text) : index_(index_of(text)) {}  // NOLINT(google-explicit-constructor)
  constexpr std::string_view view() const { return names[index_]; }
  constexpr operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  constexpr bool operator==(const Literal&) const = default;
  constexpr bool operator==(std::string_view text) const { return view() == text; }

 private:
  friend struct Codec<Literal>;
  static consteval std::size_t index_of(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == text) return i;
    }
    throw "this text is none of the Literal's";
  }

  std::size_t index_ = 0;
};

template <FixedString... options>
struct Codec<Literal<options...>> {
  using L = Literal<options...>;

  static void read(JsonReader& in, L& out, const detail::Rules&, const detail::Loc& at, detail::Problems& problems) {
    detail::read_name(in, L::names, out.index_, "literal_error", at, problems);
  }
  static void parse(std::string_view text, L& out, const detail::Rules&, const detail::Loc& at,
                    detail::Problems& problems) {
    detail::find_name(text, L::names, out.index_, "literal_error", at, problems, text, false);
  }
  static void write(JsonWriter& out, const L& value) { out.string(value.view()); }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.type("string");
    node.literals(L::names);
    node.rules(rules);
  }
};

template <detail::CustomText T>
struct Codec<T> {
  static void read(JsonReader& in, T& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    const std::size_t begin = in.offset();
    std::string_view text;
    if (detail::read_text(in, text, rules, at, problems)) {
      detail::parse_custom(text, &from, &out, at, problems, in.text(begin), true);
    }
  }
  static void parse(std::string_view text, T& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    if (detail::check_text(text, rules, at, problems))
      detail::parse_custom(text, &from, &out, at, problems, text, false);
  }
  static void write(JsonWriter& out, const T& value) { out.string(to_text(value)); }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_text(node, rules); }

 private:
  static bool from(std::string_view text, void* out) { return from_text(text, *static_cast<T*>(out)); }
};

}  // namespace coroute

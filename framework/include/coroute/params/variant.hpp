// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Values of one of several types: `std::variant`, and `OneOf`, where a field says which.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/params/codec.hpp"
#include "coroute/params/containers.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {
namespace detail {

std::string literal_label(std::span<const std::string_view> names);
/// "date" for the format "date", "datetime" for "date-time".
std::string scalar_label(std::string_view type, std::string_view format);

/// What errors call a type: "int", "str", "Item", "list[int]".
template <class T>
std::string label_of() {
  if constexpr (std::same_as<T, bool>) {
    return "bool";
  } else if constexpr (std::integral<T>) {
    return "int";
  } else if constexpr (std::floating_point<T>) {
    return "float";
  } else if constexpr (std::same_as<T, std::string>) {
    return "str";
  } else if constexpr (std::same_as<T, Decimal>) {
    return "decimal";
  } else if constexpr (is_strict<T>) {
    return label_of<typename T::value_type>();
  } else if constexpr (is_optional<T>) {
    return "nullable[" + label_of<std::remove_cvref_t<decltype(*std::declval<T&>())>>() + "]";
  } else if constexpr (std::same_as<T, std::vector<std::byte>>) {
    return "bytes";
  } else if constexpr (is_std_array<T>) {
    return "list[" + label_of<typename T::value_type>() + "]";
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      std::string label = "tuple[";
      ((label += (I == 0 ? "" : ", ") + label_of<std::tuple_element_t<I, T>>()), ...);
      return label + "]";
    }(std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (requires { typename T::mapped_type; }) {
    return "dict[" + label_of<typename T::key_type>() + "," + label_of<typename T::mapped_type>() + "]";
  } else if constexpr (requires { typename T::key_type; }) {
    return "set[" + label_of<typename T::key_type>() + "]";
  } else if constexpr (requires(T& list) { list.push_back(typename T::value_type()); }) {
    return "list[" + label_of<typename T::value_type>() + "]";
  } else if constexpr (requires { T::names.size(); }) {
    return literal_label(T::names);
  } else if constexpr (requires { ValueSchema<T>::format; }) {
    return scalar_label(ValueSchema<T>::type, ValueSchema<T>::format);
  } else {
    return std::string(type_name<T>());
  }
}

/// The text of a value, read again for each of the types that it may have.
class UnionReader {
 public:
  UnionReader(JsonReader& in, Problems& problems);
  /// False, and an error of the value: too many attempts for one request. End what began.
  bool begin_attempt(const Loc& at);
  void end_attempt() noexcept { problems_.end_attempt(); }
  JsonReader reader() { return JsonReader::again(in_, raw_); }
  std::string_view raw() const noexcept { return raw_; }

 private:
  JsonReader& in_;
  Problems& problems_;
  std::string_view raw_;
};

/// The text member `tag` of the object `raw`; false and noted when it has none or is no object.
bool read_tag(UnionReader& value, std::string_view tag, std::string& out, const Loc& at, Problems& problems);
void add_unknown_tag(std::string_view tag, const std::string& found, const std::vector<std::string_view>& expected,
                     const Loc& at, Problems& problems, std::string_view input);

/// Which of several types a value has been read as best so far. The errors of those that don't take it are kept as long
/// as none does.
class BestMatch {
 public:
  explicit BestMatch(Problems& problems)
      : problems_(problems), before_(problems.count()), around_(std::exchange(problems.match(), Match())) {}
  BestMatch(const BestMatch&) = delete;
  BestMatch& operator=(const BestMatch&) = delete;
  ~BestMatch();

  void begin() {
    problems_.match() = Match();
    tried_ = problems_.count();
  }
  /// Whether the value that was read since `begin` is to be taken.
  bool take();
  /// Nothing can be better.
  bool is_perfect() const { return found_ && best_.exactness == Exactness::Exact && !best_.fields; }

 private:
  Problems& problems_;
  std::size_t before_;
  std::size_t tried_ = 0;
  Match around_;
  Match best_;
  bool found_ = false;
};

/// True: the others need not be tried.
template <class T, class V>
bool try_alternative(UnionReader& value, V& out, BestMatch& best, const Rules& rules, const Loc& at,
                     Problems& problems) {
  if (!value.begin_attempt(at)) return true;
  best.begin();
  T candidate{};
  {
    JsonReader in = value.reader();
    const std::string label = label_of<T>();
    Codec<T>::read(in, candidate, rules, Loc{&at, label}, problems);
  }
  value.end_attempt();
  if (best.take()) out.template emplace<T>(std::move(candidate));
  return best.is_perfect();
}

template <class T, class V>
bool try_text(std::string_view text, V& out, BestMatch& best, const Rules& rules, const Loc& at, Problems& problems) {
  best.begin();
  T candidate{};
  const std::string label = label_of<T>();
  Codec<T>::parse(text, candidate, rules, Loc{&at, label}, problems);
  if (best.take()) out.template emplace<T>(std::move(candidate));
  return best.is_perfect();
}

}  // namespace detail

/// The type that fits best, as pydantic's smart mode finds it: of models the one that has more of the fields, else one
/// that takes the value as it is before one that coerces it, else the first; when none does, the errors of all. For
/// objects that name their type `OneOf` is quicker and clearer. The text of a parameter is a std::string where that is
/// among the types.
template <class... T>
struct Codec<std::variant<T...>> {
  using V = std::variant<T...>;

  static void read(JsonReader& in, V& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    detail::UnionReader value(in, problems);
    detail::BestMatch best(problems);
    static_cast<void>((detail::try_alternative<T>(value, out, best, rules, at, problems) || ...));
  }
  static void parse(std::string_view text, V& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems)
    requires(detail::FromText<T> && ...)
  {
    detail::BestMatch best(problems);
    static_cast<void>((detail::try_text<T>(text, out, best, rules, at, problems) || ...));
  }
  static void write(JsonWriter& out, const V& value) {
    std::visit([&]<class Each>(const Each& each) { Codec<Each>::write(out, each); }, value);
  }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    (Codec<T>::describe(node.any_of(), detail::no_rules), ...);
    node.rules(rules);
  }
};

/// A discriminated union: each model has a field of that name with a `Literal` that is its own.
///
///     struct Cat { Literal<"cat"> pet_type; int meows; };
///     struct Dog { Literal<"dog"> pet_type; double barks; };
///     using Pet = OneOf<"pet_type", Cat, Dog>;
template <FixedString tag, Model... T>
class OneOf : public std::variant<T...> {
 public:
  using std::variant<T...>::variant;
  std::variant<T...>& as_variant() noexcept { return *this; }
  const std::variant<T...>& as_variant() const noexcept { return *this; }
};

template <FixedString tag, class... T>
struct Codec<OneOf<tag, T...>> {
  using Union = OneOf<tag, T...>;

  static void read(JsonReader& in, Union& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    detail::UnionReader value(in, problems);
    std::string found;
    if (!detail::read_tag(value, tag_name(), found, at, problems)) return;
    if ((read_if<T>(found, value, out, rules, at, problems) || ...)) return;
    std::vector<std::string_view> expected;
    (expected.insert(expected.end(), tags<T>().begin(), tags<T>().end()), ...);
    detail::add_unknown_tag(tag_name(), found, expected, at, problems, value.raw());
  }
  static void write(JsonWriter& out, const Union& value) {
    std::visit([&]<class Each>(const Each& each) { Codec<Each>::write(out, each); }, value.as_variant());
  }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    (describe_alternative<T>(node), ...);
    node.rules(rules);
  }

 private:
  static constexpr std::string_view tag_name() { return detail::constant_text<tag>; }

  /// The texts of the field that tells: its type is a Literal.
  template <class Each>
  static std::span<const std::string_view> tags() {
    return ModelTraits<Each>::visit(prototype<Each>(), [](auto&... member) {
      std::span<const std::string_view> names;
      std::size_t i = 0;
      const auto look = [&]<class Field>(Field&) {
        if constexpr (requires { Field::names; }) {
          if (ModelTraits<Each>::field_name(i) == tag_name()) names = Field::names;
        }
        ++i;
      };
      (look(member), ...);
      return names;
    });
  }
  template <class Each>
  static Each& prototype() {
    static Each object{};
    return object;
  }
  template <class Each>
  static bool read_if(const std::string& found, detail::UnionReader& value, Union& out, const detail::Rules&,
                      const detail::Loc& at, detail::Problems& problems) {
    for (const std::string_view name : tags<Each>()) {
      if (name != found) continue;
      if (!value.begin_attempt(at)) return true;
      JsonReader in = value.reader();
      Codec<Each>::read(in, out.template emplace<Each>(), detail::no_rules, detail::Loc{&at, name}, problems);
      value.end_attempt();
      return true;
    }
    return false;
  }
  template <class Each>
  static void describe_alternative(SchemaNode node) {
    const SchemaNode alternative = node.one_of();
    Codec<Each>::describe(alternative, detail::no_rules);
    node.discriminator(tag_name(), tags<Each>(), alternative);
  }
};

}  // namespace coroute

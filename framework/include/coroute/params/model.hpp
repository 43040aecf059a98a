// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Plain structs as models: read from JSON objects, written as such, checked as declared.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "coroute/params/codec.hpp"
#include "coroute/params/fields.hpp"
#include "coroute/params/model_traits.hpp"
#include "coroute/params/type_operations.hpp"

namespace coroute {

namespace detail {

struct FieldInfo {
  std::string_view name;         ///< In requests.
  std::string_view output_name;  ///< In answers.
  std::string output_key;        ///< The same as JSON with its colon.
  std::string_view member;
  std::size_t offset;
  const TypeOperations* type;
  const Rules* rules;
  bool required;

  void* in(void* object) const { return static_cast<char*>(object) + offset; }
  const void* in(const void* object) const { return static_cast<const char*>(object) + offset; }
};

/// A field that answers have and requests don't.
struct ComputedInfo {
  std::string_view member;
  const Rules* rules;
  void (*write)(JsonWriter& out, const void* object);
  void (*describe)(SchemaNode node, const Rules& rules);
  bool (*is_null)(const void* object);

  std::string_view output_name() const;
};

/// All that is known of a model while running.
struct ModelInfo {
  std::string_view name;
  std::string_view identity;  ///< Tells models of one name apart.
  std::span<const FieldInfo> fields;
  std::span<const ComputedInfo> computed;
  ModelRules rules;
  const void* prototype;           ///< With every default.
  void (*validate)(void* object);  ///< Throws std::invalid_argument; null: none.
};

FieldInfo field_info(std::string_view member, const Rules& rules, std::size_t offset, const TypeOperations& type,
                     bool may_be_null);

template <class T>
constexpr auto validate_operation() {
  using Validate = void (*)(void*);
  if constexpr (requires(T& object) { object.validate(); }) {
    return Validate([](void* object) { static_cast<T*>(object)->validate(); });
  } else if constexpr (requires(T& object) { validate(object); }) {
    return Validate([](void* object) { validate(*static_cast<T*>(object)); });
  } else {
    return Validate(nullptr);
  }
}

/// Of a T, which may have inherited the function.
template <class T, auto function>
struct ComputedField {
  using Value = typename ComputedFrom<decltype(function)>::Value;
  static_assert(ToJson<Value>, "a computed field returns a value that can be written as JSON");

  static decltype(auto) compute(const void* object) { return std::invoke(function, *static_cast<const T*>(object)); }
  static void write(JsonWriter& out, const void* object) { Codec<Value>::write(out, compute(object)); }
  static void describe(SchemaNode node, const Rules& rules) {
    Codec<Value>::describe(node, rules);
    node.read_only();
  }
  static bool is_null(const void* object) {
    if constexpr (is_optional<Value>) {
      return !compute(object);
    } else {
      return false;
    }
  }
};

template <class T>
constexpr Rules rules_of_field(std::string_view member) {
  if constexpr (HasFieldTable<T>) {
    for (const NamedRules& each : T::schema.fields) {
      if (each.name == member) return each.rules;
    }
  }
  return {};
}
template <class T>
inline constexpr auto rules_of_fields = [] {
  std::array<Rules, ModelTraits<T>::field_count()> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = rules_of_field<T>(ModelTraits<T>::field_name(i));
  return all;
}();

template <class T>
constexpr ModelRules model_rules() {
  if constexpr (HasFieldTable<T>) {
    return T::schema.model;
  } else {
    return {};
  }
}

template <class T, auto... functions>
constexpr auto computed_rows(Functions<functions...>) {
  [[maybe_unused]] std::size_t i = 0;
  [[maybe_unused]] const auto row = [&]<class Field>(std::type_identity<Field>) {
    const NamedRules& declared = T::schema.computed[i++];
    return ComputedInfo{declared.name, &declared.rules, &Field::write, &Field::describe, &Field::is_null};
  };
  return std::array<ComputedInfo, sizeof...(functions)>{row(std::type_identity<ComputedField<T, functions>>())...};
}
template <class T>
std::span<const ComputedInfo> computed_fields() {
  if constexpr (HasFieldTable<T>) {
    static constexpr auto rows = computed_rows<T>(typename std::remove_cvref_t<decltype(T::schema)>::Computed());
    return rows;
  } else {
    return {};
  }
}

/// A field can have the type if it can be read or written somewhere. A model is looked at when it is used itself.
template <class Field>
inline constexpr bool can_be_field = Model<Field> || is_patch<Field> || FromJson<Field> || ToJson<Field> ||
                                     FromText<Field> || take_files_operation<Field>() != nullptr;
template <class Field>
  requires(std::is_enum_v<Field>)
inline constexpr bool can_be_field<Field> = true;

template <class M, FixedString field, class Type>
struct FieldOfModel {
  static_assert(can_be_field<Type>,
                "a field of this model has a type that has no JSON: use another one, give the type from_text and "
                "to_text, or specialize coroute::Codec for it");
};
template <std::size_t size>
constexpr FixedString<size + 1> fixed_string(std::string_view text) {
  char copy[size + 1] = {};
  for (std::size_t i = 0; i < size; ++i)
    copy[i] = text[i];
  return FixedString<size + 1>(copy);
}
template <class T, std::size_t index, class Type>
constexpr bool check_field() {
  if constexpr (!can_be_field<Type>) {
    constexpr std::string_view name = ModelTraits<T>::field_name(index);
    return sizeof(FieldOfModel<T, fixed_string<name.size()>(name), Type>) == 0;
  }
  return true;
}
template <class T, class... Field, std::size_t... I>
constexpr bool check_fields(std::type_identity<std::tuple<std::type_identity<Field>...>>, std::index_sequence<I...>) {
  return (check_field<T, I, Field>() && ...);
}
/// The schema has no rules of another model's fields.
template <class T>
constexpr bool has_fields_of_schema() {
  if constexpr (HasFieldTable<T>) {
    for (const NamedRules& each : T::schema.fields) {
      bool found = false;
      for (std::size_t i = 0; i < ModelTraits<T>::field_count(); ++i)
        found = found || ModelTraits<T>::field_name(i) == each.name;
      if (!found) return false;
    }
  }
  return true;
}
/// False, and the compiler has said why, for a struct of which the members can't be told.
template <class T>
constexpr bool check_members() {
  constexpr bool is_plain = ModelTraits<T>::names_are_known();
  static_assert(is_plain,
                "this model inherits, so that the names of its fields are not known: describe it with "
                "BOOST_DESCRIBE_STRUCT and include coroute/describe.hpp, or make its base a field");
  if constexpr (is_plain) {
    constexpr bool has_c_array = ModelTraits<T>::has_c_array();
    static_assert(!has_c_array, "a field of this model is a C array: make it a std::array, std::vector or std::string");
    constexpr bool is_small = has_c_array || ModelTraits<T>::field_count() <= max_model_fields;
    static_assert(is_small, "this model has more than 32 fields: group some of them into structs of their own");
    return !has_c_array && is_small;
  }
  return false;
}
/// False, and the compiler has said why, for a struct that can't be a model though it looks like one.
template <class T>
constexpr bool check_model() {
  if constexpr (constexpr bool good = check_members<T>(); good) {
    static_assert(has_fields_of_schema<T>(),
                  "the schema of this model has rules of a field that the model doesn't have");
    static_assert(std::is_default_constructible_v<T>, "a model is made with its defaults first: it needs some");
    using Fields = decltype(ModelTraits<T>::visit(std::declval<T&>(), []<class... Field>(Field&...) {
      return std::type_identity<std::tuple<std::type_identity<Field>...>>();
    }));
    return check_fields<T>(Fields(), std::make_index_sequence<ModelTraits<T>::field_count()>());
  }
  return false;
}

template <class T>
const ModelInfo& model_info() {
  if constexpr (constexpr bool good = check_model<T>(); good) {
    static T prototype{};
    static const auto fields = ModelTraits<T>::visit(prototype, []<class... Field>(Field&... field) {
      std::size_t i = 0;
      [[maybe_unused]] const auto row = [&]<class Type>(Type& member) {
        const auto offset = static_cast<std::size_t>(reinterpret_cast<const char*>(&member) -
                                                     reinterpret_cast<const char*>(&prototype));
        const Rules& rules = rules_of_fields<T>[i];
        return field_info(ModelTraits<T>::field_name(i++), rules, offset, operations_of<Type>, is_optional<Type>);
      };
      return std::array<FieldInfo, sizeof...(Field)>{row(field)...};
    });
    static const ModelInfo info{.name = type_name<T>(),
                                .identity = qualified_type_name<T>(),
                                .fields = fields,
                                .computed = computed_fields<T>(),
                                .rules = model_rules<T>(),
                                .prototype = &prototype,
                                .validate = validate_operation<T>()};
    return info;
  }
}

/// `object` has its defaults. `seen`: a bit for each field that was there; with it nothing is required.
void read_model(JsonReader& in, void* object, const ModelInfo& info, const Loc& at, Problems& problems,
                std::uint64_t* seen = nullptr);
inline constexpr std::uint64_t all_fields = ~std::uint64_t{0};
/// The fields whose bits are set in `which`; with all of them those that are computed.
void write_model(JsonWriter& out, const void* object, const ModelInfo& info, std::uint64_t which = all_fields);

}  // namespace detail

template <Model T>
struct Codec<T> {
  static void read(JsonReader& in, T& out, const detail::Rules&, const detail::Loc& at, detail::Problems& problems) {
    detail::read_model(in, &out, detail::model_info<T>(), at, problems);
  }
  static void write(JsonWriter& out, const T& value) { detail::write_model(out, &value, detail::model_info<T>()); }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.model(detail::model_info<T>());
    node.rules(rules);
  }
};

}  // namespace coroute

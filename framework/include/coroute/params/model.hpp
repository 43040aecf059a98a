// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Plain structs as models: read from JSON objects, written as such, checked as declared.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/upload_file.hpp"
#include "coroute/params/codec.hpp"
#include "coroute/params/fields.hpp"

namespace coroute {

class Decimal;

namespace detail {

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t size>
inline constexpr bool is_std_array<std::array<T, size>> = true;

/// A type of the user's that is one text in JSON and in parameters.
template <class T>
concept CustomText = std::is_class_v<T> && requires(std::string_view text, T& out, const T& value) {
  { from_text(text, out) } -> std::convertible_to<bool>;
  { to_text(value) } -> std::convertible_to<std::string>;
};

}  // namespace detail

/// How the members of a class are found; specialized for classes that are not aggregates (coroute/describe.hpp).
template <class T>
struct ModelTraits {
  static constexpr bool is_model =
      std::is_class_v<T> && std::is_aggregate_v<T> && !detail::is_std_array<T> && !detail::CustomText<T>;
  static constexpr std::size_t field_count() { return detail::field_count<T>; }
  static constexpr std::string_view field_name(std::size_t index) { return detail::field_names<T>[index]; }
  template <class F>
  static constexpr decltype(auto) visit(T& object, F&& visitor) {
    return detail::with_members<detail::field_count<T>>(object, visitor);
  }
};

/// A struct that can be a request body, an answer, or a part of one.
template <class T>
concept Model = ModelTraits<T>::is_model;

template <Model T>
class Patch;

namespace detail {

/// The functions of a field's type.
struct TypeOperations {
  void (*read)(JsonReader& in, void* out, const Rules& rules, const Loc& at, Problems& problems);
  void (*write)(JsonWriter& out, const void* value);
  void (*describe)(SchemaNode node, const Rules& rules);
  /// Of a parameter: all values of that name; null: it can't be one.
  void (*parse)(std::span<const std::string_view> texts, void* out, const Rules& rules, const Loc& at,
                Problems& problems);
  bool (*is_null)(const void* value);         ///< Null: it never is.
  const void* (*checked)(const void* value);  ///< What `Rules::check` is about; gives null when there is no value.
  bool takes_many;                            ///< Several texts, such as ?tag=a&tag=b.
  /// Of a parameter that is a file or several; null: it is none.
  void (*take_files)(std::span<const UploadFile> files, void* out);
};

struct FieldInfo {
  std::string_view name;  ///< In JSON.
  std::string_view member;
  std::size_t offset;
  const TypeOperations* type;
  const Rules* rules;
  bool required;

  void* in(void* object) const { return static_cast<char*>(object) + offset; }
  const void* in(const void* object) const { return static_cast<const char*>(object) + offset; }
};

/// All that is known of a model while running.
struct ModelInfo {
  std::string_view name;
  std::string_view identity;  ///< Tells models of one name apart.
  std::span<const FieldInfo> fields;
  ModelRules rules;
  const void* prototype;           ///< With every default.
  void (*validate)(void* object);  ///< Throws std::invalid_argument; null: none.
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_strict = false;
template <class T>
inline constexpr bool is_strict<Strict<T>> = true;

/// What checks and constraints are about: of an optional the value inside.
template <class T>
struct Checked {
  using type = T;
  static const void* value(const T& value) { return &value; }
};
template <class T>
  requires is_optional<T> || is_strict<T>
struct Checked<T> {
  using Inner = Checked<typename T::value_type>;
  using type = typename Inner::type;
  /// Null: there is none.
  static const void* value(const T& value) {
    if constexpr (is_optional<T>) {
      if (!value) return nullptr;
    }
    return Inner::value(*value);
  }
};

template <class T, class C>
constexpr bool fits() {
  using Value = typename Checked<T>::type;
  if constexpr (requires { typename C::Value; }) {
    return std::same_as<typename C::Value, Value>;
  } else {
    switch (C::rule_for) {
      case RuleFor::Anything:
        return true;
      case RuleFor::Numbers:
        return (std::is_arithmetic_v<Value> && !std::same_as<Value, bool>) || std::same_as<Value, Decimal>;
      case RuleFor::Decimals:
        return std::same_as<Value, Decimal>;
      case RuleFor::Lengths:
        return CustomText<Value> || requires(Value& container) { container.size(); };
      case RuleFor::Texts:
        return std::same_as<Value, std::string> || CustomText<Value>;
    }
    return false;
  }
}

template <class T>
constexpr auto parse_operation() {
  using Parse = void (*)(std::span<const std::string_view>, void*, const Rules&, const Loc&, Problems&);
  if constexpr (FromTexts<T>) {
    return Parse([](std::span<const std::string_view> texts, void* out, const Rules& rules, const Loc& at,
                    Problems& problems) { Codec<T>::parse_all(texts, *static_cast<T*>(out), rules, at, problems); });
  } else if constexpr (FromText<T>) {
    return Parse([](std::span<const std::string_view> texts, void* out, const Rules& rules, const Loc& at,
                    Problems& problems) { Codec<T>::parse(texts.back(), *static_cast<T*>(out), rules, at, problems); });
  } else {
    return Parse(nullptr);
  }
}

template <class T>
inline constexpr bool is_patch = false;
template <class T>
inline constexpr bool is_patch<Patch<T>> = true;

template <class T>
void read_erased(JsonReader& in, void* out, const Rules& rules, const Loc& at, Problems& problems) {
  T& value = *static_cast<T*>(out);
  // Members that are not there have their own defaults, neither those of the object around nor what a key that came
  // before has left.
  if constexpr (Model<T> || is_patch<T>) value = T{};
  const std::size_t begin = rules.check ? in.offset() : 0;
  const std::size_t before = problems.count();
  Codec<T>::read(in, value, rules, at, problems);
  if (!rules.check || problems.count() != before) return;
  if (const void* const checked = Checked<T>::value(value)) run_check(checked, rules, at, problems, in.text(begin));
}

template <class T>
constexpr auto read_operation() {
  using Read = void (*)(JsonReader&, void*, const Rules&, const Loc&, Problems&);
  if constexpr (FromJson<T>) {
    return Read(&read_erased<T>);
  } else {
    return Read(nullptr);
  }
}

template <class T>
constexpr auto write_operation() {
  using Write = void (*)(JsonWriter&, const void*);
  if constexpr (ToJson<T>) {
    return Write([](JsonWriter& out, const void* value) { Codec<T>::write(out, *static_cast<const T*>(value)); });
  } else {
    return Write(nullptr);
  }
}

template <class T>
constexpr auto is_null_operation() {
  using IsNull = bool (*)(const void*);
  if constexpr (is_optional<T>) {
    return IsNull([](const void* value) { return !*static_cast<const T*>(value); });
  } else {
    return IsNull(nullptr);
  }
}

template <class T>
constexpr auto take_files_operation() {
  using TakeFiles = void (*)(std::span<const UploadFile>, void*);
  if constexpr (std::same_as<T, UploadFile> || std::same_as<T, std::optional<UploadFile>>) {
    return TakeFiles([](std::span<const UploadFile> files, void* out) { *static_cast<T*>(out) = files.back(); });
  } else if constexpr (std::same_as<T, std::vector<UploadFile>>) {
    return TakeFiles(
        [](std::span<const UploadFile> files, void* out) { static_cast<T*>(out)->assign(files.begin(), files.end()); });
  } else if constexpr (std::same_as<T, std::optional<std::vector<UploadFile>>>) {
    return TakeFiles([](std::span<const UploadFile> files, void* out) {
      static_cast<T*>(out)->emplace(files.begin(), files.end());
    });
  } else {
    return TakeFiles(nullptr);
  }
}

template <class T>
inline constexpr TypeOperations operations_of{
    .read = read_operation<T>(),
    .write = write_operation<T>(),
    .describe = [](SchemaNode node, const Rules& rules) { Codec<T>::describe(node, rules); },
    .parse = parse_operation<T>(),
    .is_null = is_null_operation<T>(),
    .checked = [](const void* value) { return Checked<T>::value(*static_cast<const T*>(value)); },
    .takes_many = FromTexts<T>,
    .take_files = take_files_operation<T>(),
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

template <class T>
const ModelInfo& model_info() {
  static_assert(ModelTraits<T>::field_count() <= max_model_fields,
                "this model has more than 32 fields: group some of them into structs of their own");
  static T prototype{};
  static const auto fields = ModelTraits<T>::visit(prototype, []<class... Field>(Field&... field) {
    std::size_t i = 0;
    [[maybe_unused]] const auto row = [&]<class Type>(Type& member) {
      const std::string_view name = ModelTraits<T>::field_name(i);
      const Rules& rules = rules_of_fields<T>[i++];
      const auto offset =
          static_cast<std::size_t>(reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(&prototype));
      return FieldInfo{.name = rules.alias.empty() ? name : rules.alias,
                       .member = name,
                       .offset = offset,
                       .type = &operations_of<Type>,
                       .rules = &rules,
                       .required = !rules.has_default && !is_optional<Type>};
    };
    return std::array<FieldInfo, sizeof...(Field)>{row(field)...};
  });
  static const ModelInfo info{.name = type_name<T>(),
                              .identity = qualified_type_name<T>(),
                              .fields = fields,
                              .rules = model_rules<T>(),
                              .prototype = &prototype,
                              .validate = validate_operation<T>()};
  return info;
}

/// `object` has its defaults. `seen`: a bit for each field that was there; with it nothing is required.
void read_model(JsonReader& in, void* object, const ModelInfo& info, const Loc& at, Problems& problems,
                std::uint64_t* seen = nullptr);
/// The fields whose bits are set in `which`.
void write_model(JsonWriter& out, const void* object, const ModelInfo& info, std::uint64_t which = ~std::uint64_t{0});

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

/// The fields of a model that a request had, for partial updates: no field is required.
///
///     Async<Item> update(Path<int, "id"> id, Patch<ItemUpdate> patch) {
///       Item item = load(id);
///       if (patch.has<&ItemUpdate::price>()) item.price = patch->price;
template <Model T>
class Patch {
 public:
  template <auto member>
  bool has() const {
    return has(detail::member_name<member>);
  }
  /// By the name of the member.
  bool has(std::string_view member) const {
    const auto fields = detail::model_info<T>().fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].member == member) return (seen_ >> i & 1U) != 0;
    }
    return false;
  }
  bool empty() const noexcept { return seen_ == 0; }
  /// Copies the fields that were there.
  void apply_to(T& target) const { apply(target, value_, seen_); }
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }

 private:
  friend struct Codec<Patch<T>>;
  static void apply(T& target, const T& source, std::uint64_t seen) {
    T copy(source);
    ModelTraits<T>::visit(target, [&](auto&... into) {
      ModelTraits<T>::visit(copy, [&](auto&... from) {
        std::size_t i = 0;
        ((((seen >> i++) & 1U) != 0 ? static_cast<void>(into = std::move(from)) : static_cast<void>(0)), ...);
      });
    });
  }

  T value_{};
  std::uint64_t seen_ = 0;
};

template <Model T>
struct Codec<Patch<T>> {
  static void read(JsonReader& in, Patch<T>& out, const detail::Rules&, const detail::Loc& at,
                   detail::Problems& problems) {
    detail::read_model(in, &out.value_, detail::model_info<T>(), at, problems, &out.seen_);
  }
  static void write(JsonWriter& out, const Patch<T>& value) {
    detail::write_model(out, &value.value_, detail::model_info<T>(), value.seen_);
  }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.patch(detail::model_info<T>());
    node.rules(rules);
  }
};

}  // namespace coroute
